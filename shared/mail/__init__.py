"""Letters to families and account holders."""
