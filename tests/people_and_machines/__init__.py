"""What scanners and people do with a link, driven by raw HTTP and by a real browser."""
