"""The data types of a version: signature, manifest, baseline, golden rows and answers. No I/O."""
