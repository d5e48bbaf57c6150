"""What everything stands on; it knows neither HTTP nor documents."""
