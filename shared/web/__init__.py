"""What makes a site one of ours; the only Flask outside the sites."""
