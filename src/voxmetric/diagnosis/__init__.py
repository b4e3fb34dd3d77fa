"""What `voxmetric doctor` looks at: the machine, the packages, the codecs, and whether a sound can be embedded."""
