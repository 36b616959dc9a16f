"""From a config file and options to one complete, checked config."""
