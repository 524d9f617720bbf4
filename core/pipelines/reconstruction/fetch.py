"""``python -m core.pipelines.reconstruction.fetch REPOSITORY SUBFOLDER CACHE``: the one process that reaches a network.

Prints one sentence for the user and ends with status 1 where it fails.
"""

from __future__ import annotations

import errno
import logging
import signal
import sys

FILES = ("config.json", "diffusion_pytorch_model.safetensors")


def main() -> None:
    repository, subfolder, cache = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # raises an exception, so that unfinished files are removed
    logging.disable(logging.WARNING)
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    try:
        # One request without retries: without a network, the sentence would otherwise take half a minute.
        get_hf_file_metadata(hf_hub_url(repository, FILES[0], subfolder=subfolder or None), token=False)
        for name in FILES:
            hf_hub_download(repository, name, subfolder=subfolder or None, cache_dir=cache, token=False)
    except Exception as error:  # network, server, disk: the libraries below raise nearly anything
        print(_sentence(error))
        sys.exit(1)


def _sentence(error: Exception) -> str:
    from huggingface_hub import constants
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError, RepositoryNotFoundError

    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT):
        return f"The download cannot be written ({error.strerror}). Make room for it and try again."
    if not isinstance(error, LocalEntryNotFoundError) and isinstance(
        error, (RepositoryNotFoundError, EntryNotFoundError)
    ):
        return "The weights are no longer where they were on the Hugging Face Hub. Name a folder that has them instead."
    return (
        f"The download broke off: {constants.ENDPOINT} did not answer as it should. Nothing of it was kept. Check the "
        "network connection and try again."
    )


if __name__ == "__main__":
    main()
