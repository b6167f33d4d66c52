"""Pages that explain the programme: help, terms, condition grades, how it works. Every number comes from the policy."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace import clock
from marketplace.buyer import help_topics
from marketplace.buyer.guide_facts import GuideFacts
from marketplace.errors import NotFound
from marketplace.permissions import public
from marketplace.programme import Policy, PublishedPolicy, versions

bp = Blueprint("guides", __name__)


@bp.get("/help")
@public
def help_index() -> ResponseReturnValue:
    """Every question, chapter by chapter."""
    policy = versions.current().policy
    topics = help_topics.answered(policy)
    chapters = [(chapter, [topic for topic in topics if topic.chapter is chapter]) for chapter in help_topics.Chapter]
    return render_template("buyer/help.html", policy=policy, chapters=[row for row in chapters if row[1]])


@bp.get("/help/<slug>")
@public
def help_topic(slug: str) -> ResponseReturnValue:
    """One question and its answer."""
    policy = versions.current().policy
    topic = help_topics.topic_named(slug, policy)
    if topic is None:
        raise NotFound()
    chapter = [other for other in help_topics.answered(policy) if other.chapter is topic.chapter]
    return render_template(topic.template, policy=policy, topic=topic, chapter=chapter, facts=_facts(policy))


@bp.get("/terms")
@public
def terms() -> ResponseReturnValue:
    """The terms in force."""
    return _terms(versions.current())


@bp.get("/terms/<int(max=999999):number>")
@public
def terms_of_version(number: int) -> ResponseReturnValue:
    """The terms of one published version, in force or not (GAP-18)."""
    return _terms(versions.numbered(number))


def _terms(published: PublishedPolicy) -> ResponseReturnValue:
    current = versions.current()
    return render_template(
        "buyer/terms.html",
        policy=published.policy,
        published=published,
        is_current=published.number == current.number,
        facts=_facts(published.policy),
    )


def _facts(policy: Policy) -> GuideFacts:
    return GuideFacts(policy, clock.now().astimezone(policy.calendar.zone).date())


@bp.get("/condition")
@public
def condition() -> ResponseReturnValue:
    """The condition scale: grades, how flaws are described, and what a flaw does to the grade."""
    return render_template("buyer/condition.html", policy=versions.current().policy)


@bp.get("/how-it-works")
@public
def how_it_works() -> ResponseReturnValue:
    """The sale from both sides, step by step."""
    return render_template("buyer/how_it_works.html", policy=versions.current().policy)
