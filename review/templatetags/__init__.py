"""What templates of review may say."""
