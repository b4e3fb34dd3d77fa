"""Audio: reading recordings, features, augmentation."""
