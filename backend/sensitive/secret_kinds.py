"""Shapes of credentials, as their issuers document them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of credential.

    Attributes:
        name: in words.
        keywords: lower case; a text without any of them is not searched.
        pattern: what it looks like; group ``v`` is the secret itself, else the whole.
        sure: score where nothing speaks against it.
        is_named: whether the shape alone names the issuer, so that a dull value is still one.
    """

    name: str
    keywords: tuple[str, ...]
    pattern: re.Pattern[str]
    sure: float = 0.95
    is_named: bool = True


def _kind(name: str, keywords: str, pattern: str, sure: float = 0.95, is_named: bool = True) -> Kind:
    return Kind(name, tuple(keywords.split()), re.compile(pattern), sure, is_named)


_B = r"(?<![A-Za-z0-9_-])"
_E = r"(?![A-Za-z0-9_-])"
_ASSIGN = r"[\"']?\s{0,3}(?::=|=>|[:=]|,)\s{0,3}[\"'`]?"

KINDS: Final = (
    _kind("AWS access key id", "akia asia abia acca", rf"{_B}(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{{16}}{_E}"),
    _kind("AWS secret key", "aws", rf"(?i)\baws.{{0,20}}?(?:secret|key).{{0,20}}?{_ASSIGN}(?P<v>[A-Za-z0-9/+=]{{40}}){_E}", 0.9, False),
    _kind("Amazon Bedrock key", "absk bedrock-api-key-", rf"{_B}(?:ABSK[A-Za-z0-9+/]{{60,}}={{0,2}}|bedrock-api-key-[A-Za-z0-9+/=]{{40,}})"),
    _kind("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", rf"{_B}(?:gh[pousr]_[A-Za-z0-9]{{36,}}|github_pat_\w{{60,}}){_E}"),
    _kind("GitLab token", "gl", rf"{_B}gl(?:pat|ptt|rt|dt|ft|oas|soat|cbt|imt|agent|ffct|rtr)-[A-Za-z0-9_=-]{{20,}}|{_B}GR1348941[\w-]{{20,}}"),
    _kind("Slack token", "xox", rf"{_B}xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{{10,}}"),
    _kind("Slack app token", "xapp-", rf"{_B}xapp-\d-[A-Za-z0-9]+-\d+-[a-z0-9]+"),
    _kind("Slack webhook", "hooks.slack.com", r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{40,60}"),
    _kind("OpenAI key", "sk-", rf"{_B}sk-(?:proj-|svcacct-|admin-|None-)?[A-Za-z0-9_-]{{20,}}"),
    _kind("Anthropic key", "sk-ant-", rf"{_B}sk-ant-[a-z0-9]+-[\w-]{{60,}}"),
    _kind("Google API key", "aiza", rf"{_B}AIza[\w-]{{35}}{_E}"),
    _kind("Google OAuth token", "ya29. gocspx-", rf"{_B}(?:ya29\.[\w-]{{20,}}|GOCSPX-[\w-]{{28}})"),
    _kind("Hugging Face token", "hf_ api_org_", rf"{_B}(?:hf_[A-Za-z]{{34}}|api_org_[A-Za-z]{{34}}){_E}"),
    _kind("Stripe key", "sk_live rk_live sk_test rk_test sk_prod rk_prod whsec_", rf"{_B}(?:[rs]k_(?:live|test|prod)_[A-Za-z0-9]{{10,99}}|whsec_[A-Za-z0-9]{{24,}}){_E}"),
    _kind("Square token", "sq0 eaaa", rf"{_B}(?:sq0(?:atp|csp|idp)-[\w-]{{22,60}}|EAAA[\w-]{{56,64}}){_E}"),
    _kind("Twilio key", "sk ac twilio", rf"{_B}(?:SK|AC)[0-9a-f]{{32}}{_E}"),
    _kind("SendGrid key", "sg.", rf"{_B}SG\.[\w-]{{16,32}}\.[\w-]{{16,64}}"),
    _kind("Mailgun key", "key-", rf"{_B}key-[0-9a-f]{{32}}{_E}"),
    _kind("Mailchimp key", "-us", rf"{_B}[0-9a-f]{{32}}-us\d{{1,2}}{_E}"),
    _kind("npm token", "npm_ _authtoken", rf"{_B}npm_[A-Za-z0-9]{{36}}{_E}|_authToken\s*=\s*(?P<v>npm_\S{{30,}}|[0-9a-f-]{{36}})"),
    _kind("PyPI token", "pypi-", rf"{_B}pypi-AgE[\w-]{{50,}}"),
    _kind("Docker token", "dckr_pat_", rf"{_B}dckr_pat_[\w-]{{27}}{_E}"),
    _kind("DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", rf"{_B}do[opr]_v1_[0-9a-f]{{64}}{_E}"),
    _kind("Databricks token", "dapi", rf"{_B}dapi[0-9a-f]{{32}}(?:-\d)?{_E}"),
    _kind("Heroku key", "hrku-", rf"{_B}HRKU-[\w-]{{60}}{_E}"),
    _kind("Vault token", "hvs. hvb.", rf"{_B}hv[sb]\.[\w-]{{60,}}"),
    _kind("Terraform token", "atlasv1", rf"{_B}[A-Za-z0-9]{{14}}\.atlasv1\.[\w-]{{60,70}}"),
    _kind("Grafana token", "glc_ glsa_ eyjr", rf"{_B}(?:glc_[A-Za-z0-9+/=]{{32,}}|glsa_[A-Za-z0-9]{{32}}_[A-Fa-f0-9]{{8}}|eyJrIjoi[\w+/=-]{{60,}})"),
    _kind("Sentry token", "sntrys_ sntryu_", rf"{_B}sntry[su]_[\w+/=]{{60,}}"),
    _kind("Notion token", "ntn_ secret_", rf"{_B}(?:ntn_\d{{11}}[A-Za-z0-9]{{35}}|secret_[A-Za-z0-9]{{43}}){_E}"),
    _kind("Linear key", "lin_api_", rf"{_B}lin_api_[A-Za-z0-9]{{40}}{_E}"),
    _kind("Atlassian token", "atatt3 atlassian jira", rf"{_B}ATATT3[\w=-]{{180,}}|(?i:atlassian|jira).{{0,30}}?{_ASSIGN}(?P<v>[A-Za-z0-9]{{24}}){_E}", 0.85),
    _kind("Okta token", "okta", rf"(?i)okta.{{0,30}}?{_ASSIGN}(?P<v>00[\w-]{{40}}){_E}", 0.9),
    _kind("Snyk token", "snyk", rf"(?i)snyk.{{0,30}}?{_ASSIGN}(?P<v>[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})", 0.9),
    _kind("Sourcegraph token", "sgp_", rf"{_B}sgp_(?:[a-fA-F0-9]{{16}}_|local_)?[a-fA-F0-9]{{40}}{_E}"),
    _kind("Fly.io token", "fo1_ fm1", rf"{_B}(?:fo1_[\w-]{{43}}|fm1[ar]_[\w+/-]{{100,}}={{0,3}}|fm2_[\w+/-]{{100,}}={{0,3}})"),
    _kind("OpenShift token", "sha256~", rf"{_B}sha256~[\w-]{{43}}{_E}"),
    _kind("Shopify token", "shp", rf"{_B}shp(?:at|ca|pa|ss)_[a-fA-F0-9]{{32}}{_E}"),
    _kind("Postman key", "pmak-", rf"{_B}PMAK-[0-9a-f]{{24}}-[0-9a-f]{{34}}{_E}"),
    _kind("New Relic key", "nrak- nrjs- nrii-", rf"{_B}NR(?:AK|JS|II)-[A-Za-z0-9-]{{19,32}}{_E}"),
    _kind("1Password token", "ops_ey a3-", rf"{_B}ops_eyJ[\w+/=]{{100,}}|{_B}A3-[A-Z0-9]{{6}}-(?:[A-Z0-9]{{11}}|[A-Z0-9]{{6}}-[A-Z0-9]{{5}})(?:-[A-Z0-9]{{5}}){{3}}{_E}"),
    _kind("Facebook token", "eaa facebook", rf"{_B}EAA[MC][A-Za-z0-9]{{100,}}|\b\d{{15,16}}(?:\||%7C)[\w-]{{27,40}}{_E}"),
    _kind("Facebook secret", "facebook", rf"(?i)facebook.{{0,40}}?{_ASSIGN}(?P<v>[0-9a-f]{{32}}){_E}", 0.85, False),
    _kind("Azure client secret", "q~", r"(?<![\w~.-])[\w~.]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])"),
    _kind("Azure storage key", "accountkey", r"(?i)AccountKey=(?P<v>[A-Za-z0-9+/]{86}==)"),
    _kind("Sonar token", "sonar sqp_ squ_ sqa_", rf"{_B}sq[pua]_[0-9a-z]{{40}}{_E}|(?i:sonar).{{0,20}}?{_ASSIGN}(?P<v>(?:sq[pua]_)?[0-9a-z]{{40}}){_E}", 0.9),
    _kind("Sumo Logic key", "sumo", rf"(?i)sumo.{{0,30}}?{_ASSIGN}(?P<v>su[A-Za-z0-9]{{12}}|[A-Za-z0-9]{{64}}){_E}", 0.9),
    _kind("Discord token", ".", rf"{_B}[A-Za-z0-9_-]{{24,28}}\.[\w-]{{6}}\.[\w-]{{27,38}}{_E}", 0.9),
    _kind("Telegram token", ":aa", rf"(?<!\d)\d{{8,10}}:AA[\w-]{{33}}{_E}"),
    _kind("JSON web token", "eyj", rf"{_B}eyJ[\w-]{{10,}}\.eyJ[\w/-]{{10,}}\.[\w/-]{{10,}}={{0,2}}", 0.9),
    _kind("private key", "private key", r"-----BEGIN[ A-Z0-9]{0,60}PRIVATE KEY(?: BLOCK)?-----[\s\S]{20,4000}?(?:-----END|\Z)"),
    _kind("service account", "private_key", r"\"private_key\"\s*:\s*\"-----BEGIN [A-Z ]*PRIVATE KEY-----[^\"]{20,}"),
    _kind("Artifactory credential", "akc ap", rf"(?:^|[\s=:\"^])(?P<v>(?:AKC|AP[\dABCDEF])[a-zA-Z0-9]{{10,}}){_E}", 0.7, False),
    _kind("password in an address", "://", r"\b[a-z][a-z0-9+.-]{1,15}://[^\s/:@\"'<>{}$]{1,60}:(?P<v>[^\s/:@\"'<>{}$]{3,80})@[\w.-]+", 0.8, False),
    _kind("credential in a header", "curl", r"(?si)\bcurl\b.{0,400}?(?:-H|--header)\s*[=\"']{0,2}[\w-]*(?:authorization|token|api-?key|auth)[\w-]*:\s*(?:[A-Za-z-]+\s+)?(?P<v>[\w=~@.+/-]{12,})", 0.85, False),
    _kind("password of a call", "curl", r"(?i)\bcurl\b[^\n]{0,300}?(?:-u|--user)[ =][\"']?[^\s:\"']{1,60}[\"']?:[\"']?(?P<v>[^\s\"'$\[]{5,80})", 0.8, False),
    _kind("credential in a setting", "sec tok key pass pwd auth cred contribsys", rf"(?i)(?<![a-z])[\w.-]{{0,30}}(?:secret|token|api_?key|apikey|access_?key|passwd|password|pwd|auth|credentials?|contribsys__com)(?P<k>[\w]{{0,20}}){_ASSIGN}(?P<v>[\w.~@!#$%^&*+/=:-]{{8,150}})", 0.7, False),
)  # fmt: skip
"""Kinds, the most telling first: where two match one place, the former counts."""
