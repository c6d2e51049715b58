"""A receiver that clicked "unsubscribe" in a letter gets nothing more, until it is let back in."""

from __future__ import annotations

from monitor.core.alerts.links import Action, Answer
from monitor.services.feedback import take_answer
from monitor.services.optouts import opt_in, opted_out
from tests.deliveries import bench
from tests.messages import NOW
from tests.postoffice import post_office


def test_one_click_ends_delivery_for_that_receiver_alone():
    with bench() as made, post_office() as office:
        for name in ("desk", "night"):
            made.add(name, "email", to=[f"{name}@example.org"], host="127.0.0.1", port=office.port, security="none")
        (alert,) = made.plan()
        assert made.run().sent == 2
        answer = Answer(Action.UNSUBSCRIBE, alert, "ships", "desk", "thread", NOW)
        assert "Nothing more is sent to desk" in take_answer(made.archive, made.rulebook, answer, NOW)
        assert set(opted_out(made.archive)) == {"desk"}

        made.plan(start=1)
        assert made.run(60).sent == 1
        (refused,) = [one for one in made.deliveries().values() if one.state == "dead"]
        assert refused.receiver == "desk"
        assert "left the list" in refused.last_error

        assert opt_in(made.archive, "desk")
        assert not opt_in(made.archive, "desk")
        made.plan(start=2)
        assert made.run(60).sent == 2
