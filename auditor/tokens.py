"""What secrets look like: the formats of those that issue them, as data for ``auditor/masks.py``.

Sources: each issuer's own documentation of its prefixes and lengths. A length is a lower bound
where the issuer has changed it before.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass


def _always(secret: str) -> bool:
    return True


def _mixed(secret: str) -> bool:
    """Tell whether characters are drawn at random and are no words: letters and several digits."""
    return sum(c.isdigit() for c in secret) >= 2 and any(c.isalpha() for c in secret)


def _random(secret: str) -> bool:
    """Tell whether characters, of which hyphens may part some, are drawn at random: no name."""
    kinds = (str.isdigit, str.isupper, str.islower)
    return _mixed(secret) and (
        all(any(map(kind, secret)) for kind in kinds) or max(map(len, secret.split("-"))) >= 24
    )


def _pair(secret: str) -> bool:
    """Tell whether base64 holds a name and a password."""
    try:
        name, colon, password = base64.b64decode(secret, validate=True).decode().partition(":")
    except ValueError:  # not base64, or not text
        return False
    return bool(colon) and name.isprintable() and len(password) > 2


@dataclass(frozen=True, slots=True)
class Format:
    """What a secret is called, its pattern, and words of which one stands in each text with it.

    The whole match is the secret unless a group of that name is; a group ``keep`` before it stays.
    ``holds`` looks closer at what the pattern found.
    """

    name: str
    pattern: re.Pattern[str]
    hints: tuple[str, ...]
    holds: Callable[[str], bool] = _always


def _format(
    name: str, pattern: str, *hints: str, holds: Callable[[str], bool] = _always
) -> Format:
    return Format(name, re.compile(pattern), hints, holds)


# Formats whose shape alone tells what they are, the narrower before the wider.
FORMATS: tuple[Format, ...] = (
    _format(
        "private-key",
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
        r"[\s\S]*?(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|\Z)", "PRIVATE KEY",
    ),
    _format(
        "putty-key", r"PuTTY-User-Key-File-\d[\s\S]*?Private-MAC: *[0-9a-f]+", "PuTTY-User-Key",
    ),
    _format("age-key", r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,}", "AGE-SECRET-KEY-1"),
    # AWS
    _format("aws-access-key-id", r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])",
            "AKIA", "ASIA"),
    _format("aws-bedrock-key", r"\bABSK[A-Za-z0-9+/]{100,}={0,2}", "ABSK"),
    _format("aws-signature", r"(?P<keep>[?&]X-Amz-Signature=)(?P<secret>[0-9a-f]{64})",
            "Signature="),
    # where code and packages are
    _format("github-token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{50,})",
            "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    _format("gitlab-token", r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas|imt)-[\w.-]{20,}",
            "gl"),
    _format("bitbucket-token", r"\bATBB[A-Za-z0-9]{28,}", "ATBB"),
    _format("atlassian-token", r"\bAT(?:ATT|CTT)3xF[A-Za-z0-9_=-]{60,}", "TT3xF"),
    _format("pypi-token", r"\bpypi-AgE[\w-]{50,}", "pypi-AgE"),
    _format("npm-token", r"\bnpm_[A-Za-z0-9]{36}", "npm_"),
    _format("rubygems-key", r"\brubygems_[0-9a-f]{48}", "rubygems_"),
    _format("docker-token", r"\bdckr_(?:pat|oat)_[\w-]{27,}", "dckr_"),
    _format("terraform-token", r"\b[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}", ".atlasv1."),
    _format("vault-token", r"\bhv[sbr]\.[\w-]{24,}", "hvs.", "hvb.", "hvr."),
    _format("doppler-token", r"\bdp\.(?:pt|st|ct|sa)\.(?:[\w-]+\.)?[A-Za-z0-9]{40,}", "dp."),
    _format("pulumi-token", r"\bpul-[0-9a-f]{40}", "pul-"),
    # models and experiments
    _format("huggingface-token", r"\bhf_[A-Za-z0-9]{30,}|\bapi_org_[A-Za-z0-9]{34}",
            "hf_", "api_org_"),
    _format("anthropic-key", r"\bsk-ant-[A-Za-z0-9_-]{20,}", "sk-ant-"),
    _format("openrouter-key", r"\bsk-or-v1-[0-9a-f]{64}", "sk-or-"),
    _format("langfuse-key", r"\bsk-lf-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "sk-lf-"),
    _format("openai-key", r"\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,}", "sk-",
            holds=_random),
    _format("replicate-token", r"\br8_[A-Za-z0-9]{37}", "r8_"),
    _format("groq-key", r"\bgsk_[A-Za-z0-9]{50,}", "gsk_"),
    _format("perplexity-key", r"\bpplx-[A-Za-z0-9]{40,}", "pplx-"),
    _format("xai-key", r"\bxai-[A-Za-z0-9]{70,}", "xai-"),
    _format("nvidia-key", r"\bnvapi-[\w-]{60,}", "nvapi-"),
    _format("together-key", r"\btgp_v1_[\w-]{40,}", "tgp_v1_"),
    _format("langsmith-key", r"\blsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}", "lsv2_"),
    _format("pinecone-key", r"\bpcsk_\w{50,}", "pcsk_"),
    _format("wandb-key", r"\bwandb_v1_\w{40,}", "wandb_v1_"),
    _format("kaggle-token", r"\bKGAT_[0-9a-f]{32}", "KGAT_"),
    # base64 of {"api_address": …} and of {"api_url": …}
    _format("neptune-token", r"\beyJhcGlf(?:YWRkcmVzcyI6|dXJsIjo)[\w+/=]{30,}", "eyJhcGlf"),
    _format("databricks-token", r"\bdapi[a-f0-9]{32}(?:-\d)?", "dapi"),
    _format("prefect-key", r"\bpn[ub]_[A-Za-z0-9]{36}", "pnu_", "pnb_"),
    # clouds and what is watched
    _format("google-api-key", r"\bAIza[\w-]{35}", "AIza"),
    _format("google-oauth-secret", r"\bGOCSPX-[\w-]{28}", "GOCSPX-"),
    _format("google-oauth-token", r"\bya29\.[\w-]{30,}|\b1//0[\w-]{40,}", "ya29.", "1//0"),
    _format("azure-storage-key", r"(?P<keep>AccountKey=)(?P<secret>[A-Za-z0-9+/=]{60,})",
            "AccountKey="),
    _format("azure-shared-key",
            r"(?P<keep>SharedAccess(?:Key|Signature)=)(?P<secret>[A-Za-z0-9+/=%&?. -]{40,})",
            "SharedAccess"),
    _format("azure-sas", r"(?P<keep>[?&]sig=)(?P<secret>[A-Za-z0-9%+/]{40,}={0,2})", "sig="),
    _format("azure-client-secret", r"(?<![\w~.-])[A-Za-z0-9_~.]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])",
            "Q~"),
    _format("azure-devops-token", r"\b[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}\b", "AZDO"),
    _format("digitalocean-token", r"\bdo[opr]_v1_[0-9a-f]{64}", "dop_v1_", "doo_v1_", "dor_v1_"),
    _format("heroku-key", r"\bHRKU-[\w-]{36,}", "HRKU-"),
    _format("tailscale-key", r"\btskey-[a-z]+-\w+-[A-Za-z0-9]{20,}", "tskey-"),
    _format("grafana-token",
            r"\bglsa_[A-Za-z0-9]{32}_[0-9a-f]{8}|\bglc_eyJ[A-Za-z0-9+/]{40,}={0,2}",
            "glsa_", "glc_"),
    _format("newrelic-key", r"\bNRAK-[A-Z0-9]{27}", "NRAK-"),
    _format("dynatrace-token", r"\bdt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}", "dt0"),
    _format("sentry-token", r"\bsntrys_eyJ[\w+/=-]{40,}|\bsntryu_[0-9a-f]{64}", "sntry"),
    _format("planetscale-token", r"\bpscale_(?:tkn|pw|oauth)_[\w-]{32,}", "pscale_"),
    _format("supabase-key", r"\bsbp_[0-9a-f]{40}|\bsb_secret_[\w-]{22,}", "sbp_", "sb_secret_"),
    # messages and money
    _format("slack-token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-\d-\w+-\d+-[0-9a-f]{32,}",
            "xox", "xapp-"),
    _format("slack-webhook",
            r"(?P<keep>https://hooks\.slack\.com/(?:services|workflows)/)(?P<secret>[\w/]{20,})",
            "hooks.slack.com"),
    _format("discord-webhook",
            r"(?P<keep>https://discord(?:app)?\.com/api/webhooks/)(?P<secret>\d+/[\w-]{60,})",
            "/api/webhooks/"),
    _format("teams-webhook",
            r"(?P<keep>\.webhook\.office\.com/webhookb2/)(?P<secret>[\w@/-]{60,})",
            "webhook.office.com"),
    _format("telegram-token", r"(?<!\d)\d{8,10}:AA[\w-]{33}(?![\w-])", ":AA"),
    _format("sendgrid-key", r"\bSG\.[\w-]{22}\.[\w-]{43}", "SG."),
    _format("mailgun-key", r"\bkey-[0-9a-f]{32}\b", "key-"),
    _format("stripe-key", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{22,}|\bwhsec_[A-Za-z0-9]{32,}",
            "k_live_", "k_test_", "whsec_"),
    _format("square-token", r"\bsq0(?:atp|csp)-[\w-]{22,}", "sq0atp-", "sq0csp-"),
    _format("shopify-token", r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}", "shpat_", "shpca_", "shppa_",
            "shpss_"),
    _format("notion-token", r"\bntn_[A-Za-z0-9]{40,}|\bsecret_[A-Za-z0-9]{43}\b", "ntn_",
            "secret_"),
    _format("linear-key", r"\blin_(?:api|oauth)_[A-Za-z0-9]{40,}", "lin_api_", "lin_oauth_"),
    _format("figma-token", r"\bfig[dor]_[\w-]{40,}", "figd_", "figo_", "figr_"),
    _format("postman-key", r"\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}", "PMAK-"),
    _format("onepassword-token", r"\bops_eyJ[\w+/=-]{100,}", "ops_eyJ"),
    # whoever issued them
    _format("jwt", r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}", "eyJ"),
    _format("connection-string",
            r"(?P<keep>\b[a-z][a-z0-9+.-]{2,}://[^\s:/@'\"\[]*:)"
            r"(?P<secret>(?!\d{1,5}@)[^\s@/'\"\[]{3,})(?=@)", "@"),
)


def _near(name: str, words: str, value: str, *hints: str) -> Format:
    """Return the format of what has none of its own, and stands close behind its issuer's name."""
    between = r"""[\w.\- '":=(,>]{0,40}?['"\s:=(]"""
    pattern = rf"(?i)(?P<keep>(?:{words}){between})(?P<secret>(?-i:{value}))(?!\w)"
    return Format(name, re.compile(pattern), hints or (words,), _mixed)


_HEX = "[0-9a-f]{%d}"
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# Formats that say what they are together with what stands before them; hints are in small letters.
CONTEXTS: tuple[Format, ...] = (
    _near("wandb-key", "wandb", _HEX % 40),
    _near("kaggle-key", "kaggle", _HEX % 32),
    _format("kaggle-key", r'(?P<keep>"username"\s*:\s*"[^"]+"\s*,\s*"key"\s*:\s*")'
            rf'(?P<secret>{_HEX % 32})(?=")', '"username"'),
    _near("datadog-key", r"datadog|\bdd[_-]?(?:api|app)", f"{_HEX % 32}(?:{_HEX % 8})?", "datadog",
          "dd_ap", "dd-ap", "ddap"),
    _near("heroku-key", "heroku", _UUID),
    _near("pinecone-key", "pinecone", _UUID),
    _near("twilio-token", "twilio", f"(?:SK)?{_HEX % 32}"),
    _near("mailchimp-key", "mailchimp", rf"{_HEX % 32}-us\d{{1,2}}"),
    _near("airtable-token", "airtable", rf"pat[A-Za-z0-9]{{14}}\.{_HEX % 64}"),
    _near("voyage-key", "voyage", r"pa-[\w-]{43}"),
    _near("discord-token", "discord", r"[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,40}"),
    _near("comet-key", "comet", "[A-Za-z0-9]{25}"),
    _near("cohere-key", "cohere", "[A-Za-z0-9]{40}"),
    _near("mistral-key", "mistral", "[A-Za-z0-9]{32}"),
    _near("together-key", "together", _HEX % 64),
    _near("azure-key", "azure|cognitive", f"{_HEX % 32}|[A-Za-z0-9]{{84}}", "azure", "cognitive"),
    _near("deepgram-key", "deepgram|assemblyai", f"{_HEX % 40}|{_HEX % 32}", "deepgram",
          "assemblyai"),
    # on command lines and in files of their own
    _format("netrc-password",
            r"(?P<keep>\bmachine\s+[\w-]+(?:\.[\w-]+)+\s+login\s+\S+\s+password\s+)"
            r"(?P<secret>\S+)", "machine"),
    _format("docker-auth", r'(?P<keep>"auth"\s*:\s*")(?P<secret>[A-Za-z0-9+/]{8,}={0,2})(?=")',
            '"auth"', holds=_pair),
    _format("basic-auth", r"(?i)(?P<keep>\bbasic\s+)(?P<secret>[A-Za-z0-9+/]{8,}={0,2})", "basic",
            holds=_pair),
    _format("ssh-password", r"(?P<keep>\bsshpass\s+-p\s*['\"]?)(?P<secret>[^\s'\"]{4,})",
            "sshpass"),
    _format("curl-password",
            r"(?P<keep>\bcurl\b[^\n|;&]{0,200}?\s(?:-u|--user)\s*['\"]?[^\s:'\"]+:)"
            r"(?P<secret>[^\s'\"]{4,})", "curl"),
    _format("mysql-password", r"(?P<keep>\bmysql(?:dump|admin)?\b[^\n|;]{0,200}?\s-p)"
            r"(?P<secret>[^\s'\"-][^\s'\"]{5,})", "mysql"),
)

# What stands in every text with a secret of FORMATS: few of them, for all that is collected is
# asked. A pattern that begins with a character is searched for as quickly as a word.
HINTS = (
    "sk-", "eyJ", "dapi", "GOCSPX-", "1//0", "sig=", "Q~", "AZDO", "HRKU-", "nvapi-", "sq0", "xox",
    "pypi-AgE", "hook", ":AA", "@",
)
_RUNS = tuple(map(re.compile, (
    r"_[A-Za-z0-9_-]{22}",  # ghp_…, hf_…, sk_live_…, dop_v1_… and most others
    r"-[A-Za-z0-9]{20}",  # pplx-…, PMAK-…
    r"\.[A-Za-z0-9_-]{22}",  # SG.….…, hvs.…, ya29.…
    r"gl[a-z]{2,5}-",
    r"A(?:[KS]IA|Iza|ccountKey=|BSK|TBB|T[AC]TT3|GE-SECRET)",
    r"P(?:RIVATE KEY|uTTY-User)",
    r"S(?:ignature=|haredAccess)",
)))


def may_hold(text: str) -> bool:
    """Tell whether a text, or a document in JSON, can hold a secret that its format betrays."""
    return any(map(text.__contains__, HINTS)) or any(run.search(text) for run in _RUNS)
