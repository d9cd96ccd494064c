"""What a version is: its signature, manifest, baseline, golden rows and answers."""
