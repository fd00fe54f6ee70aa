"""The spoof check's own pictures, training, versions and figures."""
