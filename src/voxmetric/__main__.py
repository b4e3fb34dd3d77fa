"""`python -m voxmetric`, which is what `torchrun -m voxmetric` needs."""

from voxmetric.cli import main

main()
