from collections.abc import Callable

from structlog.testing import capture_logs

from tocsin.alerts.channels.log import LogChannel
from tocsin.alerts.ports import Message, Sent
from tocsin.core.responders import Channel


async def test_a_notice_is_one_line_without_the_address(message: Callable[..., Message]) -> None:
    with capture_logs() as lines:
        assert await LogChannel().send(message("+86 139 0000 0000")) == Sent("log:n-1")
    assert LogChannel().channel is Channel.LOG
    [line] = lines
    assert (line["event"], line["notice"], line["template"]) == ("notice.told", "n-1", "call")
    assert "139" not in str(line)
