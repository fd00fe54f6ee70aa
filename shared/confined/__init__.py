"""Opens uploaded files in processes of their own, which the kernel ends when they take too much."""
