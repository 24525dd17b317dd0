"""The laws that come with Pilotline, a file each; `law` says what one is."""
