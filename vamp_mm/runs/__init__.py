"""What one run is and leaves."""
