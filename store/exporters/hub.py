"""A folder pushed to the Hugging Face hub as a data set, with the hub's own client.

Nothing is imported and nothing is sent before `push` is called; who pushes is who is logged in
there (`hf auth login`).
"""

from pathlib import Path

MISSING = (
    "Pushing needs the package huggingface_hub, which is not installed: pip install huggingface_hub"
)


def push(folder: Path, repo: str, private: bool, message: str) -> str:
    """Push a folder as one commit; returns where it is. Parquet files of before that are not in
    the folder go. Raises ValueError where the hub refuses, or the repository is there already and
    other people may look at it than was asked for.
    """
    try:
        from huggingface_hub import HfApi
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError
    except ModuleNotFoundError as error:
        raise ValueError(MISSING) from error
    hub = HfApi()
    try:
        hub.create_repo(repo, repo_type="dataset", private=private, exist_ok=True)
        if bool(hub.repo_info(repo, repo_type="dataset").private) != private:
            is_so, asked = ("public", "private") if private else ("private", "public")
            raise ValueError(
                f"{repo} is there already and {is_so}, but {asked} was asked for: nothing was "
                "sent. Change it on the hub, ask for the other, or name another repository."
            )
        commit = hub.upload_folder(
            repo_id=repo, repo_type="dataset", folder_path=str(folder), commit_message=message,
            delete_patterns=["*.parquet"],
        )  # fmt: skip
    except (HfHubHTTPError, HFValidationError) as error:
        said = " ".join(str(error).split())
        raise ValueError(f"The hub did not take {repo}: {said}") from error
    return str(commit.commit_url)
