"""Secrets: found, masked, never stored; and what only looks like one is left alone."""

import base64

import pytest

from auditor.masks import Masker, found
from auditor.tokens import CONTEXTS, FORMATS, may_hold
from tests.secret_examples import FALSE, TOKENS, TRUE, judged, masked

# Built from parts, so that no scanner of this repository mistakes them for real ones.
KEY_ID = "AKIA" + "Q3EGRZ7XK2NBVTW5"
SECRET = "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYzzR9s2Lq1v"
GITHUB = "ghp_" + "a1B2c3D4" * 5


@pytest.mark.parametrize(("text", "what"), [
    (f"export AWS_ACCESS_KEY_ID={KEY_ID}", "aws-access-key-id"),
    (f"aws_secret_access_key = {SECRET}", "named-secret"),
    (f"git clone https://{GITHUB}@github.com/a/b", "github-token"),
    ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----", "private-key"),
    ("psql postgres://ml:tr0ub4dor@db:5432/x", "connection-string"),
    ('{"db_password": "c0rrect-h0rse-77"}', "named-secret"),
    ("curl -H 'X-Api-Key: 9f8e7d6c5b4a39281706'", "named-secret"),
    ("hf_" + "abcdEFGHijklMNOPqrstUVWXyz012345", "huggingface-token"),
])
def test_secrets_are_masked(text, what):
    masked = Masker(b"salt").text(text)
    assert what in [kind for kind, _ in found(masked)]
    for secret in (KEY_ID, SECRET, GITHUB, "tr0ub4dor", "c0rrect-h0rse-77", "9f8e7d6c5b4a39281706"):
        assert secret not in masked


@pytest.mark.parametrize("text", [
    "max_tokens=4096", "tokenizer: bert-base-uncased", "num_tokens = 512",
    "export DB_PASSWORD=$(aws secretsmanager get-secret-value --secret-id x)",
    "password=${DB_PASSWORD}", "api_key=<your key here>", "secret_arn=arn:aws:secretsmanager:x",
    "token: {{ token }}", "pip install tokenizers", "password = os.environ['PASSWORD']",
    "sha256:" + "0123456789abcdef" * 4, "AKIAIOSFODNN7" + "EXAMPLE",
])
def test_what_only_looks_like_a_secret_is_left_alone(text):
    assert found(Masker(b"salt").text(text)) == []


def test_named_values_and_scripts():
    masker = Masker(b"salt")
    masked = masker.suspect({"db_password": "hunter2hunter2", "epochs": "10", "pad_token": "[PAD]"})
    assert found(masked["db_password"]) and masked["epochs"] == "10"
    assert masked["pad_token"] == "[PAD]"
    pairs = masker.suspect([{"Key": "db_password", "Value": "hunter2hunter2", "Type": "text"}])
    assert found(pairs[0]["Value"]) and pairs[0]["Key"] == "db_password"
    script = base64.b64encode(f"export X={KEY_ID}\n".encode()).decode()
    stored = masker.suspect(script)
    assert KEY_ID not in base64.b64decode(stored).decode()
    assert KEY_ID not in masker.suspect(f"# für alle\nexport X={KEY_ID}\n")


def test_the_value_of_an_option_is_masked_and_other_words_are_not():
    masked = Masker(b"salt").suspect(
        ["--db-password", "hunter2-Zq81xv", "--epochs", "10", "--password", "--verbose", "train.py"])
    assert found(masked[1]) and masked[0] == "--db-password"
    assert masked[2:] == ["--epochs", "10", "--password", "--verbose", "train.py"]


def test_masks_are_stable_within_a_scan_and_differ_between_scans():
    assert Masker(b"a").text(KEY_ID) == Masker(b"a").text(KEY_ID) != Masker(b"b").text(KEY_ID)
    assert Masker(b"a").text(Masker(b"a").text(KEY_ID)) == Masker(b"a").text(KEY_ID)


# -- the table of examples


def test_the_table_is_large_and_nothing_stands_in_it_twice():
    assert len(TRUE) >= 300 and len(FALSE) >= 200
    for table in (TRUE, FALSE):
        assert len({(one.name, one.text) for one in table}) == len(table)
    assert {about.split()[0] for about in TOKENS} <= {one.name for one in FORMATS}


def test_nearly_every_secret_is_found_and_hardly_anything_else():
    missed, mistaken = judged(Masker(b"salt"))
    hits = len(TRUE) - len(missed)
    assert hits / len(TRUE) >= 0.985, [(one.name, one.text) for one in missed]
    assert hits / (hits + len(mistaken)) >= 0.985, [(one.name, one.text) for one in mistaken]


@pytest.mark.parametrize("about", TOKENS)
def test_a_token_is_called_after_its_issuer_wherever_it_stands(about):
    masker = Masker(b"salt")
    for text in (TOKENS[about], f"run --with {TOKENS[about]} --fast", f'{{"x": "{TOKENS[about]}"}}'):
        assert may_hold(text), "what is looked for first overlooks it"
        kinds = [kind for kind, _ in found(masker.tokens(text))]
        assert kinds == [about.split()[0]]


def test_what_was_masked_is_not_masked_again():
    masker = Masker(b"salt")
    for one in TRUE:
        stored = masked(masker, one)
        assert masker.text(stored) == stored, one
        assert masker.tokens(stored) == stored, one


def test_the_table_has_an_example_of_every_format():
    masker = Masker(b"salt")
    kinds = {kind for one in TRUE for kind, _ in found(masked(masker, one))}
    told = {one.name for one in (*FORMATS, *CONTEXTS)}
    assert told - kinds == set()
