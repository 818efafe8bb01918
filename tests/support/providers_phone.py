"""Short messages and calls on loopback that behave like the real ones: Alibaba Cloud and Tencent Cloud.

Signatures are checked by code of its own, written after the providers' documentation.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from tests.support.providers import Api, Limiter
from tocsin.core.clock import Clock

Answer = tuple[int, dict[str, str], bytes]
JSON = {"content-type": "application/json; charset=utf-8"}
MOBILE = re.compile(r"1[3-9]\d{9}")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class _Aliyun(Api):
    KEY_ID, SECRET = "LTAI5tExampleKeyId", "aliyun-s3cr3t-of-thirty-letters"
    VERSION = "2017-05-25"
    REFUSES = (200, '{"Code": "isv.INVALID_PARAMETERS", "Message": "{}", "RequestId": "r-1"}')

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._nonces: set[str] = set()
        self.money = True
        self.permitted = True
        self.told: list[tuple[str, str, dict[str, str], str]] = []
        """Number, template, values, OutId."""

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        query = dict(parse_qsl(urlsplit(path).query, keep_blank_values=True, strict_parsing=True))
        fault = self._sign_in(query, headers, body)
        if fault is not None:
            return fault
        if not self.permitted:
            return self._say("isp.RAM_PERMISSION_DENY", "RAM权限DENY")
        if not self.money:
            return self._say("isv.AMOUNT_NOT_ENOUGH", "账户余额不足")
        return self.act(headers["x-acs-action"], query)

    def act(self, action: str, query: dict[str, str]) -> Answer:
        raise NotImplementedError

    def _sign_in(self, query: dict[str, str], headers: dict[str, str], body: bytes) -> Answer | None:
        found = re.fullmatch(
            r"ACS3-HMAC-SHA256 Credential=(\w+),SignedHeaders=([a-z0-9;-]+),Signature=([0-9a-f]{64})",
            headers.get("authorization", ""),
        )
        if found is None:
            return self._say("MissingAuthorization", "no authorization", status=400)
        key_id, names, signature = found.groups()
        if key_id != self.KEY_ID:
            return self._say("InvalidAccessKeyId.NotFound", "Specified access key is not found.", status=404)
        must = {
            "host",
            "x-acs-action",
            "x-acs-content-sha256",
            "x-acs-date",
            "x-acs-signature-nonce",
            "x-acs-version",
        }
        if set(names.split(";")) < must or headers["x-acs-content-sha256"] != _sha256(body):
            return self._say("IncompleteSignature", "a header is not signed", status=400)
        encoded = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(query.items()))
        signed = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(names.split(";")))
        canonical = f"{headers[':method']}\n/\n{encoded}\n{signed}\n{names}\n{_sha256(body)}"
        wanted = hmac.new(
            self.SECRET.encode(), b"ACS3-HMAC-SHA256\n" + _sha256(canonical.encode()).encode(), hashlib.sha256
        ).hexdigest()
        if not hmac.compare_digest(wanted, signature):
            return self._say("SignatureDoesNotMatch", f"server string to sign is {canonical}", status=400)
        at = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if abs((self._clock.now() - at).total_seconds()) > 900:
            return self._say("InvalidTimeStamp.Expired", "Specified time stamp is expired", status=400)
        if headers["x-acs-signature-nonce"] in self._nonces:
            return self._say("SignatureNonceUsed", "Specified signature nonce was used already", status=400)
        self._nonces.add(headers["x-acs-signature-nonce"])
        if headers["x-acs-version"] != self.VERSION:
            return self._say("InvalidVersion", "Specified parameter Version is not valid.", status=404)
        return None

    def _fill(self, wanted: tuple[str, ...], parameters: str) -> dict[str, str] | Answer:
        """Check the values of a template as the provider does."""
        values: dict[str, str] = json.loads(parameters) if parameters else {}
        if set(values) != set(wanted) or not all(values.values()):
            return self._say("isv.TEMPLATE_MISSING_PARAMETERS", "模板缺少变量")
        if any(len(value) > 35 for value in values.values()):
            return self._say("isv.PARAM_LENGTH_LIMIT", "参数超过长度限制")
        if any("://" in value or "【" in value for value in values.values()):
            return self._say(
                "isv.TEMPLATE_PARAMS_ILLEGAL", "传入的变量内容和实际申请模板时变量所选择的属性类型不配"
            )
        return values

    @staticmethod
    def _say(code: str, words: str, *, status: int = 200, **more: object) -> Answer:
        return status, JSON, json.dumps({"Code": code, "Message": words, "RequestId": "r-1", **more}).encode()


class AliyunSmsProvider(_Aliyun):
    """阿里云短信: SendSms with signature and templates, 10 a minute and 50 a day to one number."""

    SIGNATURE = "警钟"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.templates: dict[str, tuple[str, ...]] = {
            "SMS_1001": ("where", "what", "by", "token"),
            "SMS_1002": ("place",),
        }
        self._number = Limiter(clock, (10, 60.0), (50, 86_400.0))

    def act(self, action: str, query: dict[str, str]) -> Answer:
        if action == "QuerySendDetails":
            return self._say("OK", "OK", TotalCount=0, SmsSendDetailDTOs={"SmsSendDetailDTO": []})
        if action != "SendSms":
            return self._say("InvalidAction.NotFound", "no such action", status=404)
        number = query.get("PhoneNumbers", "")
        if MOBILE.fullmatch(number) is None:
            return self._say("isv.MOBILE_NUMBER_ILLEGAL", f"{number}非法手机号")
        if query.get("SignName") != self.SIGNATURE:
            return self._say("isv.SMS_SIGNATURE_ILLEGAL", "该账号下找不到对应签名")
        code = query.get("TemplateCode", "")
        if code not in self.templates:
            return self._say("isv.SMS_TEMPLATE_ILLEGAL", "该账号下找不到对应模板")
        values = self._fill(self.templates[code], query.get("TemplateParam", ""))
        if isinstance(values, tuple):
            return values
        span = self._number.full(number)
        if span is not None:
            return self._say(
                "isv.BUSINESS_LIMIT_CONTROL",
                "触发分钟级流控Permits:10" if span == 60 else "触发天级流控Permits:50",
            )
        self._number.count(number)
        self.told.append((number, code, values, query.get("OutId", "")))
        return self._say("OK", "OK", BizId=f"9006{len(self.told)}^0")


class AliyunVoiceProvider(_Aliyun):
    """阿里云语音: SingleCallByTts and IvrCall; one number once a minute, 5 an hour, 20 a day."""

    OWN = "057112345678"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.templates: dict[str, tuple[str, ...]] = {"TTS_1001": ("where", "what"), "TTS_1002": ()}
        self._number = Limiter(clock, (1, 60.0), (5, 3600.0), (20, 86_400.0))
        self.keys: list[list[tuple[str, str]]] = []
        """Of each call that takes keys, the keys and the texts that thank for them."""

    def act(self, action: str, query: dict[str, str]) -> Answer:
        match action:
            case "QueryCallDetailByCallId":
                return self._say("isv.VOICE_CALL_NOT_FOUND", "no such call")
            case "SingleCallByTts":
                return self._call(query, query.get("TtsCode", ""), query.get("TtsParam", ""))
            case "IvrCall":
                return self._ivr(query)
            case _:
                return self._say("InvalidAction.NotFound", "no such action", status=404)

    def _ivr(self, query: dict[str, str]) -> Answer:
        if query.get("CalledShowNumber") != self.OWN:
            return self._say("isv.DISPLAY_NUMBER_ILLEGAL", "号显不合法")
        keys: list[tuple[str, str]] = []
        while f"MenuKeyMap.{len(keys) + 1}.Key" in query:
            place = f"MenuKeyMap.{len(keys) + 1}"
            keys.append((query[f"{place}.Key"], query[f"{place}.Code"]))
        if not keys or any(code not in self.templates for _, code in keys):
            return self._say("isv.TTS_TEMPLATE_ILLEGAL", "按键提示音不合法")
        answer = self._call(query, query.get("StartCode", ""), query.get("StartTtsParams", ""))
        if b'"OK"' in answer[2]:
            self.keys.append(keys)
        return answer

    def _call(self, query: dict[str, str], code: str, parameters: str) -> Answer:
        number = query.get("CalledNumber", "")
        if re.fullmatch(r"1[3-9]\d{9}|0\d{9,11}", number) is None:
            return self._say("isv.MOBILE_NUMBER_ILLEGAL", f"{number}非法号码")
        if not 1 <= int(query.get("PlayTimes", "1")) <= 3 or not 1 <= len(query.get("OutId", "-")) <= 15:
            return self._say("isv.INVALID_PARAMETERS", "PlayTimes or OutId")
        if code not in self.templates:
            return self._say("isv.TTS_TEMPLATE_ILLEGAL", "文本转语音模板不合法")
        values = self._fill(self.templates[code], parameters)
        if isinstance(values, tuple):
            return values
        span = self._number.full(number)
        if span is not None:
            word = {60.0: "分钟级", 3600.0: "小时级", 86_400.0: "天级"}[span]
            return self._say("isv.BUSINESS_LIMIT_CONTROL", f"触发{word}流控")
        self._number.count(number)
        self.told.append((number, code, values, query.get("OutId", "")))
        return self._say("OK", "OK", CallId=f"11656{len(self.told)}^1029")


class TencentSmsProvider(Api):
    """腾讯云短信: SendSms by TC3-HMAC-SHA256; one in 30 seconds to one number unless the console says otherwise."""

    SECRET_ID, SECRET = "AKIDExampleSecretId0001", "tencent-s3cr3t-of-thirty-letters"
    APP, SIGNATURE = "1400006666", "警钟"
    REFUSES = (
        200,
        '{"Response": {"Error": {"Code": "InvalidParameter", "Message": "{}"}, "RequestId": "r-1"}}',
    )

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.templates: dict[str, int] = {"2001": 4, "2002": 1}
        self.money = True
        self.outcome: tuple[str, str] | None = None
        """Code and words that every number gets instead."""
        self._number = Limiter(clock, (1, 30.0), (10, 86_400.0))
        self.told: list[tuple[str, str, list[str], str]] = []
        """Number, template, values, SessionContext."""

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        fault = self._sign_in(headers, body)
        if fault is not None:
            return fault
        if headers.get("x-tc-version") != "2021-01-11" or not headers.get("x-tc-region"):
            return self._error("MissingParameter", "x-tc-region or version")
        asked = json.loads(body)
        if asked.get("SmsSdkAppId") != self.APP:
            return self._error("InvalidParameterValue.SdkAppIdNotExist", "SdkAppId 不存在")
        match headers.get("x-tc-action"):
            case "SendSms":
                return self._send(asked)
            case "SmsPackagesStatistics":
                return self._respond(
                    {"SmsPackagesStatisticsSet": [{"AmountOfPackage": 1000, "CurrentUsage": 1}]}
                )
            case _:
                return self._error("InvalidAction", "no such action")

    def _send(self, asked: dict[str, Any]) -> Answer:
        (number,) = asked["PhoneNumberSet"]
        if re.fullmatch(r"\+861[3-9]\d{9}", number) is None:
            return self._status(number, "InvalidParameterValue.IncorrectPhoneNumber", f"{number}: wrong")
        if asked.get("SignName") != self.SIGNATURE:
            return self._status(number, "FailedOperation.SignatureIncorrectOrUnapproved", "签名未审批")
        values = asked["TemplateParamSet"]
        if self.templates.get(asked["TemplateId"]) != len(values) or not all(values):
            return self._status(
                number, "FailedOperation.TemplateIncorrectOrUnapproved", "模板未审批或内容不匹配"
            )
        if any("://" in value for value in values):
            return self._status(number, "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter", "URL")
        if not self.money:
            return self._status(number, "FailedOperation.InsufficientBalanceInSmsPackage", "套餐包余量不足")
        if self.outcome is not None:
            return self._status(number, *self.outcome)
        span = self._number.full(number)
        if span is not None:
            code = "PhoneNumberThirtySecondLimit" if span == 30 else "PhoneNumberDailyLimit"
            return self._status(
                number, f"LimitExceeded.{code}", "the number of sms messages sent exceeds the limit"
            )
        self._number.count(number)
        self.told.append((number, asked["TemplateId"], values, asked.get("SessionContext", "")))
        return self._status(number, "Ok", "send success", serial=f"5000:{len(self.told)}")

    def _sign_in(self, headers: dict[str, str], body: bytes) -> Answer | None:
        found = re.fullmatch(
            r"TC3-HMAC-SHA256 Credential=(\w+)/(\d{4}-\d\d-\d\d)/sms/tc3_request, "
            r"SignedHeaders=content-type;host, Signature=([0-9a-f]{64})",
            headers.get("authorization", ""),
        )
        if found is None:
            return self._error("AuthFailure.InvalidAuthorization", "the authorization has another form")
        secret_id, day, signature = found.groups()
        if secret_id != self.SECRET_ID:
            return self._error("AuthFailure.SecretIdNotFound", "The SecretId is not found")
        stamp = headers.get("x-tc-timestamp", "0")
        if abs(int(stamp) - self._clock.now().timestamp()) > 300:
            return self._error("AuthFailure.SignatureExpire", "the signature has expired")
        if datetime.fromtimestamp(int(stamp), UTC).strftime("%Y-%m-%d") != day:
            return self._error("AuthFailure.SignatureFailure", "the date is another")
        canonical = (
            f"POST\n/\n\ncontent-type:{headers['content-type']}\nhost:{headers['host']}\n\n"
            f"content-type;host\n{_sha256(body)}"
        )
        text = f"TC3-HMAC-SHA256\n{stamp}\n{day}/sms/tc3_request\n{_sha256(canonical.encode())}"

        def by(key: bytes, word: str) -> bytes:
            return hmac.new(key, word.encode(), hashlib.sha256).digest()

        key = by(by(by(f"TC3{self.SECRET}".encode(), day), "sms"), "tc3_request")
        if not hmac.compare_digest(by(key, text).hex(), signature):
            return self._error(
                "AuthFailure.SignatureFailure", "The provided credentials could not be validated."
            )
        return None

    def _status(self, number: str, code: str, words: str, *, serial: str = "") -> Answer:
        return self._respond(
            {
                "SendStatusSet": [
                    {"SerialNo": serial, "PhoneNumber": number, "Fee": 1, "Code": code, "Message": words}
                ]
            }
        )

    def _error(self, code: str, words: str) -> Answer:
        return self._respond({"Error": {"Code": code, "Message": words}})

    @staticmethod
    def _respond(response: dict[str, Any]) -> Answer:
        return 200, JSON, json.dumps({"Response": {**response, "RequestId": "r-1"}}).encode()
