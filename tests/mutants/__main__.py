"""`python -m tests.mutants [WORD …]`: plants every fault whose name holds one of the words."""

import sys

from tests.mutants.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
