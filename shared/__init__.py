"""What both sites stand on; knows neither of them."""
