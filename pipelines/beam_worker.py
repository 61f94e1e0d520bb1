"""A Beam worker process on this machine that does not narrate: what fails is still raised in whoever started it."""

import logging
import sys

if __name__ == "__main__":
    logging.disable(logging.WARNING)
    from apache_beam.runners.worker.sdk_worker_main import main

    main(sys.argv)
