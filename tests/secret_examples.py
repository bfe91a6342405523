"""True and false examples of secrets, as data: what is one, and what only looks like one.

None was ever issued. Bodies are drawn by a seeded generator and put behind their prefixes here,
when the module is read, so that no scanner of this repository finds one in it. An example of which
the detector is known to be wrong stays in the table: the benchmark counts it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import string
from collections.abc import Iterator
from dataclasses import dataclass

from auditor.masks import Masker, found

_RAND = random.Random("none of these was ever issued")
_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"


@dataclass(frozen=True)
class Example:
    """A text, or a named value, and the secret in it ("" for none)."""

    name: str  # of a variable; "" for a text by itself
    text: str
    secret: str = ""
    about: str = ""


def drawn(length: int, alphabet: str = _ALNUM) -> str:
    """Return characters drawn at random, of each kind that the alphabet has."""
    while True:
        body = "".join(_RAND.choice(alphabet) for _ in range(length))
        kinds = (str.isdigit, str.isupper, str.islower)
        wanted = [kind for kind in kinds if any(map(kind, alphabet))]
        if length < 8 or all(any(map(kind, body)) for kind in wanted):
            return body


def hexed(length: int) -> str:
    """Return hexadecimal digits."""
    return drawn(length, _HEX)


def uuid() -> str:
    """Return a UUID."""
    return "-".join(map(hexed, (8, 4, 4, 4, 12)))


def encoded(told: object) -> str:
    """Return base64 of a text or of a document in JSON."""
    text = told if isinstance(told, str) else json.dumps(told, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def _jwt() -> str:
    return ".".join((encoded({"alg": "HS256", "typ": "JWT"}).rstrip("="),
                     encoded({"sub": "4711", "name": "nobody"}).rstrip("="), drawn(43)))


# Each by its issuer: its prefix, and a body of its length and alphabet.
TOKENS = {
    "aws-access-key-id": "AK" + "IA" + drawn(16, string.ascii_uppercase + "234567"),
    "aws-access-key-id temporary": "AS" + "IA" + drawn(16, string.ascii_uppercase + "234567"),
    "aws-bedrock-key": "AB" + "SK" + drawn(128),
    "github-token": "gh" + "p_" + drawn(36),
    "github-token oauth": "gh" + "o_" + drawn(36),
    "github-token server": "gh" + "s_" + drawn(36),
    "github-token fine": "github" + "_pat_" + drawn(22) + "_" + drawn(59),
    "gitlab-token": "gl" + "pat-" + drawn(20),
    "gitlab-token runner": "gl" + "rt-" + drawn(20),
    "gitlab-token deploy": "gl" + "dt-" + drawn(20),
    "bitbucket-token": "AT" + "BB" + drawn(32),
    "atlassian-token": "ATA" + "TT3xF" + drawn(180),
    "pypi-token": "py" + "pi-AgEIcHlwaS5vcmc" + drawn(150),
    "npm-token": "np" + "m_" + drawn(36),
    "rubygems-key": "ruby" + "gems_" + hexed(48),
    "docker-token": "dckr" + "_pat_" + drawn(27),
    "terraform-token": drawn(14) + ".atl" + "asv1." + drawn(67),
    "vault-token": "hv" + "s." + drawn(90),
    "doppler-token": "dp" + ".pt." + drawn(43),
    "doppler-token service": "dp" + ".st.dev." + drawn(43),
    "pulumi-token": "pu" + "l-" + hexed(40),
    "huggingface-token": "h" + "f_" + drawn(34),
    "huggingface-token organization": "api" + "_org_" + drawn(34),
    "anthropic-key": "sk-" + "ant-api03-" + drawn(93) + "AA",
    "openrouter-key": "sk-" + "or-v1-" + hexed(64),
    "langfuse-key": "sk-" + "lf-" + uuid(),
    "openai-key": "sk" + "-" + drawn(48),
    "openai-key project": "sk" + "-proj-" + drawn(74) + "-" + drawn(70),
    "openai-key service": "sk" + "-svcacct-" + drawn(74) + "_" + drawn(70),
    "replicate-token": "r" + "8_" + drawn(37),
    "groq-key": "gs" + "k_" + drawn(52),
    "perplexity-key": "pp" + "lx-" + drawn(48),
    "xai-key": "xa" + "i-" + drawn(80),
    "nvidia-key": "nv" + "api-" + drawn(64),
    "together-key": "tgp" + "_v1_" + drawn(43),
    "langsmith-key": "lsv2" + "_pt_" + hexed(32) + "_" + hexed(10),
    "pinecone-key": "pc" + "sk_" + drawn(6) + "_" + drawn(63),
    "wandb-key": "wandb" + "_v1_" + drawn(70),
    "kaggle-token": "KG" + "AT_" + hexed(32),
    "neptune-token": encoded({"api_" + "address": "https://app.example.com", "api_key": uuid()}),
    "databricks-token": "da" + "pi" + hexed(32),
    "databricks-token second": "da" + "pi" + hexed(32) + "-2",
    "prefect-key": "pn" + "u_" + drawn(36),
    "google-api-key": "AI" + "za" + drawn(35),
    "google-oauth-secret": "GOC" + "SPX-" + drawn(28),
    "google-oauth-token": "ya" + "29." + drawn(120),
    "google-oauth-token refresh": "1/" + "/0" + drawn(60),
    "azure-client-secret": drawn(3) + "8" + "Q~" + drawn(34),
    "azure-devops-token": drawn(76) + "AZ" + "DO" + drawn(4),
    "digitalocean-token": "do" + "p_v1_" + hexed(64),
    "heroku-key": "HR" + "KU-" + drawn(60),
    "tailscale-key": "ts" + "key-auth-" + drawn(17) + "-" + drawn(32),
    "grafana-token": "gl" + "sa_" + drawn(32) + "_" + hexed(8),
    "newrelic-key": "NR" + "AK-" + drawn(27, string.ascii_uppercase + string.digits),
    "dynatrace-token": "dt" + "0c01." + drawn(24, string.ascii_uppercase + "234567") + "."
                       + drawn(64, string.ascii_uppercase + "234567"),
    "sentry-token": "sn" + "tryu_" + hexed(64),
    "planetscale-token": "ps" + "cale_tkn_" + drawn(43),
    "supabase-key": "sb" + "p_" + hexed(40),
    "slack-token": "xo" + "xb-" + drawn(12, string.digits) + "-" + drawn(13, string.digits) + "-"
                   + drawn(24),
    "slack-webhook": "https://hooks.sl" + "ack.com/services/T" + drawn(8) + "/B" + drawn(8) + "/"
                     + drawn(24),
    "discord-webhook": "https://disc" + "ord.com/api/webhooks/" + drawn(18, string.digits) + "/"
                       + drawn(68),
    "teams-webhook": "https://example.webhook.off" + "ice.com/webhookb2/" + uuid() + "@" + uuid()
                     + "/IncomingWebhook/" + hexed(32) + "/" + uuid(),
    "telegram-token": drawn(10, string.digits) + ":" + "AA" + drawn(33),
    "sendgrid-key": "S" + "G." + drawn(22) + "." + drawn(43),
    "mailgun-key": "ke" + "y-" + hexed(32),
    "stripe-key": "sk" + "_live_" + drawn(24),
    "stripe-key restricted": "rk" + "_live_" + drawn(99),
    "stripe-key webhook": "wh" + "sec_" + drawn(32),
    "square-token": "sq0" + "atp-" + drawn(22),
    "shopify-token": "sh" + "pat_" + hexed(32),
    "notion-token": "nt" + "n_" + drawn(46),
    "linear-key": "lin" + "_api_" + drawn(40),
    "figma-token": "fi" + "gd_" + drawn(40),
    "postman-key": "PM" + "AK-" + hexed(24) + "-" + hexed(34),
    "onepassword-token": "op" + "s_" + encoded({"signInAddress": drawn(90)}),
    "age-key": "AGE-SEC" + "RET-KEY-1" + drawn(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"),
    "jwt": _jwt(),
}
# In which a token of a known format is found by itself: no name says that it is a secret.
_PLACES = (
    "{}", "--model {}", "os.environ['X'] = '{}'", "curl https://example.com/?x={}&y=1",
    '{{"value": "{}", "epochs": 3}}', "echo {} | tee /tmp/x  # remove before release",
)


def _of_formats() -> Iterator[Example]:
    for number, (about, token) in enumerate(TOKENS.items()):
        for shift in range(2):
            place = _PLACES[(number + 3 * shift) % len(_PLACES)]
            yield Example("", place.format(token), token, about)
        yield Example("SETTING", token, token, about)


# Keys without a format: a variable's name, or what stands before them, says what they are.
_NAMED = (
    ("COHERE_API_KEY", drawn(40)), ("COHERE", drawn(40)), ("WANDB_API_KEY", hexed(40)),
    ("WANDB", hexed(40)), ("DD_API_KEY", hexed(32)), ("DATADOG_APP", hexed(40)),
    ("KAGGLE_KEY", hexed(32)), ("COMET_API_KEY", drawn(25)), ("MISTRAL_API_KEY", drawn(32)),
    ("TOGETHER_API_KEY", hexed(64)), ("TWILIO_AUTH_TOKEN", hexed(32)), ("TWILIO", hexed(32)),
    ("HEROKU_API_KEY", uuid()), ("AZURE_OPENAI_API_KEY", hexed(32)),
    ("AZURE_OPENAI_API_KEY", drawn(84)), ("PINECONE_API_KEY", uuid()),
    ("AWS_SECRET_ACCESS_KEY", drawn(40)), ("AWS_SESSION_TOKEN", drawn(350)),
    ("MLFLOW_TRACKING_PASSWORD", "Tr4cking!Pass"), ("MLFLOW_TRACKING_TOKEN", drawn(43)),
    ("NEPTUNE_API_TOKEN", drawn(120)), ("CLEARML_API_SECRET_KEY", drawn(50)),
    ("POSTGRES_PASSWORD", "s3rv1ngDB!2024"), ("DB_PASS", "gr4dient-Boost"),
    ("DATABASE_PASSWORD", "correct-horse-battery-9"), ("PGPASSWORD", "elephant#77"),
    ("REDIS_PASSWORD", "r3d1s-c4che"), ("SMTP_PASSWORD", "m41l-m3-n0w"),
    ("SNOWFLAKE_PASSWORD", "Sn0wfl4ke?x"), ("dbPassword", "Hunter2Hunter2"),
    ("clientSecret", drawn(32)), ("apiKey", drawn(24)), ("accessToken", drawn(60)),
    ("API_KEY_2", drawn(32)), ("TOKEN_PROD", drawn(40)), ("JWT_SECRET", "sup3r-s3cret-signing"),
    ("DJANGO_SECRET_KEY", "q7&x1!" + drawn(44)), ("FERNET_KEY", drawn(43) + "="),
    ("AIRFLOW__CORE__FERNET_KEY", drawn(43) + "="), ("ENCRYPTION_KEY", hexed(64)),
    ("SIGNING_KEY", drawn(44)), ("STORAGE_ACCOUNT_KEY", drawn(86) + "=="),
    ("SERVICE_KEY", drawn(40)), ("SSH_KEY_PASSPHRASE", "0pen-sesame-please"),
    ("GITEA_TOKEN", hexed(40)), ("SONAR_TOKEN", hexed(40)), ("GRAFANA_PASSWORD", "gr4f4na!!"),
    ("LABEL_STUDIO_API_KEY", hexed(40)), ("ROBOFLOW_API_KEY", drawn(20)),
    ("LDAP_BIND_PASSWORD", "b1nd_me-2024"), ("OPENSEARCH_PASSWORD", "S3arch-4-all"),
    ("SECRET_KEY_BASE", hexed(128)), ("HMAC_SECRET", hexed(64)), ("VAULT_TOKEN", drawn(26)),
)
_PASSWORD = "Tr4in" + "ing!Day" + drawn(4)
_AZURE = drawn(86) + "=="
_PEM = "-----BEGIN {0}-----\n" + "\n".join(drawn(64) for _ in range(4)) + "\n-----END {0}-----"
_TEXTS = (
    ("aws_secret_access_key = {}", drawn(40)), ("creds = Credentials('{}')", drawn(38) + "/+"),
    ("export DB_PASSWORD={}", "tr0ub4dor-and-3"), ("password: {}", "c0rrect-h0rse"),
    ('{{"db_password": "{}"}}', "c0rrect-h0rse-77"), ("--password {}", "hunter2-Zq81xv"),
    ("--api-key {} --epochs 3", drawn(32)), ("X-Api-Key: {}", hexed(20)),
    ("Authorization: Bearer {}", drawn(40)), ("Authorization: Basic {}", encoded("ml:s3cret77")),
    ("psql postgres://ml:{}@db.internal:5432/features", "tr0ub4dor"),
    ("mysql://root:{}@10.0.0.7/x", "r00t-p4ss"), ("redis://:{}@cache:6379/0", "r3dis-c4che"),
    ("mongodb+srv://app:{}@cluster0.abcde.mongodb.net/ml", "m0ng0-p4ss"),
    ("amqp://worker:{}@mq/", "qu3ue-me"), ("https://svc:{}@artifacts.example.com/simple", "ar7ifact"),
    ("mlflow.set_tracking_uri('https://ml:{}@mlflow.example.com')", "tr4ck-1t"),
    ("ssh://deploy:{}@10.0.0.4/home", "d3ploy-now"), ("ftp://ingest:{}@files/in", "1ngest-all"),
    ("jdbc:postgresql://db/x?user=ml&password={}", "jdbc-p4ss-99"),
    ("Server=db;Database=ml;User Id=sa;Password={};", "Str0ng-p4ss"),
    ("DefaultEndpointsProtocol=https;AccountName=ml;AccountKey={};EndpointSuffix=x", _AZURE),
    ("Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=root;SharedAccessKey={}",
     drawn(43) + "="),
    ("https://ml.blob.core.windows.net/d?sv=2022-11-02&se=2026-01-01&sig={}", drawn(43) + "%3D"),
    ("https://b.s3.amazonaws.com/k?X-Amz-Date=20260101T000000Z&X-Amz-Signature={}", hexed(64)),
    ("machine api.wandb.ai\n  login user\n  password {}\n", hexed(40)),
    ("machine git.example.com login ml password {}", "n3trc-p4ss"),
    ('{{"auths": {{"registry.example.com": {{"auth": "{}"}}}}}}', encoded("ml:r3gistry-p4ss")),
    ('{{"username": "someone", "key": "{}"}}', hexed(32)),
    ("wandb login {}", hexed(40)), ("wandb.login(key='{}')", hexed(40)),
    ("sshpass -p {} ssh ml@10.0.0.4", "sshp4ss-me"), ("curl -u ml:{} https://x", "curl-p4ss"),
    ("mysql -u root -p{} features", "r00ted-77"), ("client.login(token='{}')", drawn(40)),
    ("openai.api_key = \"{}\"", drawn(40)), ("login(password=\"{}\")", "open_Sesame_77"),
    ("SecretString: {}", drawn(30)), ("set PASSWORD={}", "w1ndows-p4ss"),
    ('{{"Name": "ApiKey", "Type": "String", "DefaultValue": "{}"}}', drawn(32)),
    ('{{"Key": "db_password", "Value": "{}"}}', "p4ram-p4ss!"),
    ("<add key=\"x\" value=\"y\"/>\nconnection_password='{}'", "c0nnect-me"),
    ("spark.hadoop.fs.s3a.secret.key={}", drawn(40)), ("kaggle.api_key: {}", hexed(32)),
    ("comet_ml.init({{'api_key': '{}'}})", drawn(25)), ("discord bot: {}",
     "M" + drawn(25) + "." + drawn(6) + "." + drawn(38)),
    ("voyage client {}", "p" + "a-" + drawn(43)), ("mailchimp: {}", hexed(32) + "-us" + "14"),
    ("airtable={}", "pa" + "t" + drawn(14) + "." + hexed(64)),
    ("datadog initialize api_key {}", hexed(32)), ("deepgram: {}", hexed(40)),
    ("azure cognitive search {}", hexed(32)), ("heroku auth {}", uuid()),
    ("PuTTY-User-Key-File-3: ssh-ed25519\nPri" + "vate-Lines: 1\n{}\nPri" + "vate-MAC: 0a1b",
     drawn(48)),
)


def _of_names() -> Iterator[Example]:
    for name, secret in _NAMED:
        yield Example(name, secret, secret, "named")
        yield Example("", f"export {name}='{secret}'", secret, "assigned")
    for text, secret in _TEXTS:
        yield Example("", text.format(secret), secret, text.partition("{")[0])
    for kind in ("RSA", "EC", "OPENSSH", "ENCRYPTED"):
        label = f"{kind} PRI" + "VATE KEY"
        body = _PEM.format(label)
        yield Example("", f"cat > k <<X\n{body}\nX", body.splitlines()[2], "private key")
    account = json.dumps({"type": "service_account", "private_key_id": hexed(40),
                          "private_key": _PEM.format("PRI" + "VATE KEY")})
    yield Example("GCP", account, account.split("\\n")[2], "service account")


# Of these the detector is wrong, and knows no better way: a word, a phrase of words, a name that
# says nothing; a request's own token, a name in the words of a password.
_BARE = hexed(32)
_MISSED = (
    Example("DB_PASSWORD", "sunflower", "sunflower", "a word"),
    Example("", "password = open_sesame_please", "open_sesame_please", "as code has it"),
    Example("SETTING", "tr0ub4dor&3", "tr0ub4dor&3", "no name says it"),
    Example("", f"key is {_BARE}", _BARE, "no name says it"),
)
_MISTAKEN = (
    Example("CLIENT_REQUEST_TOKEN", uuid()), Example("PASS", "first-pass-2"),
    Example("", "access_key: rotated-2026-01-31"),
)
TRUE = (*_of_formats(), *_of_names(), *_MISSED)

_HARMLESS_VALUES = (
    ("MAX_TOKENS", "4096"), ("NUM_TOKENS", "512"), ("max_new_tokens", "256"), ("PAD_TOKEN", "[PAD]"),
    ("EOS_TOKEN", "<|endoftext|>"), ("TOKENIZER", "bert-base-uncased"), ("TOKENIZER_NAME", "gpt2"),
    ("TOKENIZERS_PARALLELISM", "false"), ("TOKEN_CLASSIFICATION_MODEL", "dslim/bert-base-NER"),
    ("TOKEN_LIMIT", "128000"), ("tokens_per_batch", "2048"), ("image_token", "<image>"),
    ("bos_token", "<s>"), ("sep_token", "[SEP]"), ("special_tokens", "[CLS],[SEP]"),
    ("DB_PASSWORD", "${DB_PASSWORD}"), ("DB_PASSWORD", "$(cat /run/secrets/db)"),
    ("API_KEY", "<your key here>"), ("API_KEY", "your-api-key"), ("API_KEY", "YOUR_API_KEY_HERE"),
    ("API_KEY", "changeme"), ("PASSWORD", "********"), ("PASSWORD", "xxxxxxxx"), ("TOKEN", "none"),
    ("TOKEN", "null"), ("SECRET", "placeholder"), ("PASSWORD", "example-password"),
    ("HF_TOKEN", "{{resolve:secretsmanager:hf:SecretString:token}}"),
    ("HF_TOKEN", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:hf-AbCdEf"),
    ("SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf"),
    ("SECRET_NAME", "prod/openai-api-key"), ("DB_SECRET_ID", "prod/features-db-2024"),
    ("API_KEY_SECRET_NAME", "ml/serving/api-key-v2"), ("PASSWORD_PARAMETER", "/ml/prod/db-password"),
    ("DB_SECRET", "prod/db-password"), ("TOKEN_FILE", "/run/secrets/token"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"),
    ("CREDENTIALS_PATH", "/opt/ml/input/creds.json"), ("TOKEN_URL", "https://login.example.com/t"),
    ("SECRET_REGION", "eu-west-1"), ("TOKEN_TTL", "3600"), ("PASSWORD_POLICY", "strict-12"),
    ("CREDENTIALS_PROVIDER", "aws-default-chain"), ("ACCESS_KEY_ROTATION_DAYS", "90"),
    ("AIRFLOW__SECRETS__BACKEND", "airflow.providers.amazon.aws.secrets.SecretsManagerBackend"),
    ("AUTH_TOKEN_ENV", "HF_TOKEN"), ("TOKEN", "HF_TOKEN"), ("API_KEY", "OPENAI_API_KEY"),
    ("KMS_KEY_ID", uuid()), ("KMS_KEY", "alias/ml-data"), ("S3_KEY", "data/2026/01/train.csv"),
    ("SORT_KEY", "created_at"), ("PARTITION_KEY", "customer_id"), ("PRIMARY_KEY", "id"),
    ("PUBLIC_KEY", "ssh-ed25519 " + "AAAA" + drawn(20)), ("KEY", "value"),
    ("S3_KEY", "models/churn-2026-01-31-12-00-00-000/output/model.tar.gz"),
    ("GIT_COMMIT", hexed(40)), ("GIT_SHA", hexed(40)), ("MODEL_VERSION", "v2.3.1"),
    ("WANDB_RUN_ID", drawn(8, string.ascii_lowercase + string.digits)),
    ("WANDB_PROJECT", "churn-forecast"), ("WANDB_MODE", "offline"), ("COMET_MODE", "ONLINE"),
    ("WANDB_GIT_COMMIT", hexed(40)), ("DATADOG_SITE", "datadoghq.eu"), ("HEROKU_APP", "scoring"),
    ("IMAGE_URI", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/serving:2026-01-31"),
    ("IMAGE", f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/serving@sha256:{hexed(64)}"),
    ("IMAGE", f"registry.example.com:5000/serving@sha256:{hexed(64)}"),
    ("ROLE", "arn:aws:iam::111122223333:role/service-role/AmazonSageMaker-ExecutionRole-20260131"),
    ("BUCKET", "sagemaker-eu-west-1-111122223333"), ("ENDPOINT", "churn-2026-01-31-12-00-00-000"),
    ("MODEL", "s3://models/churn-2026-01-31/output/model.tar.gz"), ("REGION", "eu-west-1"),
    ("SAGEMAKER_PROGRAM", "train.py"), ("SAGEMAKER_REGION", "eu-west-1"),
    ("SAGEMAKER_SUBMIT_DIRECTORY", "s3://sagemaker-eu-west-1-111122223333/x/sourcedir.tar.gz"),
    ("SAGEMAKER_CONTAINER_LOG_LEVEL", "20"), ("SAGEMAKER_JOB_NAME", "xgb-2026-01-31-12-00-00-000"),
    ("SAGEMAKER_MODEL_SERVER_TIMEOUT", "3600"), ("SAGEMAKER_INFERENCE_OUTPUT", "predicted_label"),
    ("SM_HPS", '{"max_tokens": 512, "tokenizer": "gpt2", "lr": 0.001}'),
    ("SM_CHANNEL_TRAIN", "/opt/ml/input/data/train"), ("SM_NUM_GPUS", "8"),
    ("HF_MODEL_ID", "meta-llama/Meta-Llama-3-8B-Instruct"), ("HF_TASK", "token-classification"),
    ("HF_MODEL_REVISION", hexed(40)), ("MODEL_DIGEST", f"sha256:{hexed(64)}"),
    ("EXPERIMENT_ID", uuid()), ("TRACE_ID", hexed(32)), ("REQUEST_ID", uuid()),
    ("MLFLOW_RUN_ID", hexed(32)), ("ETAG", hexed(32)), ("MD5", hexed(32)),
    ("LD_LIBRARY_PATH", "/usr/local/cuda/lib64:/usr/local/nvidia/lib64"),
    ("NCCL_SOCKET_IFNAME", "eth0"), ("PYTHONPATH", "/opt/ml/code:/opt/ml/lib"),
    ("DATABASE_URL", "postgres://db.internal:5432/features"), ("REDIS_URL", "redis://cache:6379/0"),
    ("DATABASE_URL", "postgres://ml:${DB_PASSWORD}@db.internal/features"),
    ("DATABASE_URL", "postgres://ml:<password>@db.internal/features"),
    ("DATABASE_URL", "postgres://user:password@localhost/db"), ("TIMESTAMP", "20260131120000"),
    ("OWNER", "ml-platform@example.com"), ("SCHEDULE", "cron(0 12 * * ? *)"),
    ("LABELS", "positive,negative,neutral"), ("SEED", "1234567890"), ("PASSED", "true-positive-1"),
    ("COMPASS_MODE", "north-by-northwest-7"), ("BYPASS_CACHE", "always-2024"),
    ("objective", "binary:logistic"), ("eval_metric", "auc,logloss"), ("sklearn", "sk-learn-0.23"),
)
_HARMLESS_TEXTS = (
    "max_tokens=4096", "tokenizer: bert-base-uncased", "num_tokens = 512", "pip install tokenizers",
    "export DB_PASSWORD=$(aws secretsmanager get-secret-value --secret-id x)",
    "password=${DB_PASSWORD}", "api_key=<your key here>", "secret_arn=arn:aws:secretsmanager:x",
    "token: {{ token }}", "password = os.environ['PASSWORD']", "password = os.getenv('PASSWORD')",
    "token = get_token()", "token = self.token", "password=args.password", "api_key=config.api_key",
    "token=settings.hf_token", "secret = event['secret']", "api_key = openai_api_key",
    "def login(password: str, token: str = None):", "password: SecretStr = Field(...)",
    "token: Optional[str] = None", "tokenizer = AutoTokenizer.from_pretrained('gpt2')",
    "tokens = tokenizer(text, return_tensors='pt')", "input_ids, token_type_ids = batch",
    "client.get_secret_value(SecretId='prod/db')['SecretString']", "if not password: raise ValueError",
    "print('password is required')", "# the token is read from Secrets Manager",
    "TOKEN=$(curl -s -X PUT http://169.254.169.254/latest/api/token)", "read -s PASSWORD",
    "aws secretsmanager get-secret-value --secret-id prod/openai --query SecretString",
    "token=$(cat /run/secrets/token)", "docker login --password-stdin registry.example.com",
    "aws ecr get-login-password | docker login --username AWS --password-stdin x",
    "git clone https://github.com/example/repo.git", "git@github.com:example/repo.git",
    "curl -u $USER:$PASS https://x", "wandb login $WANDB_API_KEY", "huggingface-cli login --token $T",
    "sha256:" + hexed(64), "AKIAIOSFODNN7" + "EXAMPLE", "commit " + hexed(40),
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY", "mysql -u root -p features", hexed(32), uuid(),
    "pip install git+https://github.com/example/repo@" + hexed(40), "ssh ml@10.0.0.4",
    '{"tokenizer_class": "BertTokenizer", "pad_token": "[PAD]", "vocab_size": 30522}',
    '{"KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/' + uuid() + '"}',
    '{"Name": "SecretName", "Type": "String", "DefaultValue": "prod/db-password"}',
    '{"Name": "MaxTokens", "Type": "Integer", "DefaultValue": "512"}',
    '{"username": "someone", "key": "data/train.csv"}', '{"auth": "required"}', "basic training run",
    "s3://ml-data/train/part-00000-" + uuid() + "-c000.snappy.parquet",
    "training/2026/Models/run1/checkpoints/abcD12", "https://example.com/docs?page=2&sort=asc",
    "arn:aws:sagemaker:eu-west-1:111122223333:training-job/churn-2026-01-31-12-00-00-000",
    "model.layers.0.self_attn.q_proj.weight", "transformers==4.40.1 torch==2.3.0+cu121",
    "eyJust a sentence", "sk-learn-container-for-churn-models", "task-runner-for-the-nightly-batch",
    "risk-model-training-pipeline-v2-2026", "disk-usage-report-for-all-training-hosts-2",
    "secretsmanager:GetSecretValue", "iam:CreateAccessKey", "kms:Decrypt", "sts:GetSessionToken",
    "password must have 12 characters", "the secret to good models is data", "bearer of bad news",
    encoded("just a text, nothing to see"), "data:image/png;base64," + drawn(60) + "==",
    "echo 'api_key: set in Secrets Manager'", "token: required", "password: optional",
    "Authorization: Bearer $TOKEN", "Authorization: Basic ${CREDS}", "access_key = None",
    "spark.hadoop.fs.s3a.secret.key=${env:SECRET}", "hyperparameters: {lr: 0.001, tokens: 512}",
    "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/churn-20260131/invocations",
    "-----BEGIN CERTIFICATE-----\n" + drawn(64) + "\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\n" + drawn(64) + "\n-----END PUBLIC KEY-----",
    "key-value pairs are sorted", "xoxo from the team", "hf_transfer==0.1.6", "npm_config_cache=/tmp",
    hashlib.sha256(b"x").hexdigest(), "machine learning login page password reset",
    "user=ml password=", "torchrun --nproc_per_node 8 --rdzv_id job_2026 train.py",
)
FALSE = (
    *(Example(name, value) for name, value in _HARMLESS_VALUES),
    *(Example("", text) for text in _HARMLESS_TEXTS),
    *_MISTAKEN,
)


def masked(masker: Masker, example: Example) -> str:
    """Return an example's text as it is stored: a value of a map, or a script."""
    if example.name:
        return str(masker.suspect({example.name: example.text})[example.name])
    return masker.text(example.text)


def judged(masker: Masker) -> tuple[list[Example], list[Example]]:
    """Return the secrets that are missed, and what is taken for one and is none."""
    missed = [one for one in TRUE if one.secret in masked(masker, one)]
    mistaken = [one for one in FALSE if found(masked(masker, one))]
    return missed, mistaken
