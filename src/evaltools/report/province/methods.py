"""附录B 方法与不确定性 of the province's report: how scores, ranks and funnels are made."""

from __future__ import annotations

from evaltools.report.binding import run
from evaltools.report.blocks import Bullets, Chapter
from evaltools.report.chapters.nine import settings_ground
from evaltools.report.province.desk import ProvinceDesk

RANKS = "Mogstad, Romano, Shaikh, Wilhelm 2024, Review of Economic Studies 91"
FUNNELS = "Spiegelhalter 2005, Statistics in Medicine 24"


def appendix_b(desk: ProvinceDesk) -> Chapter:
    """One item a method, each with the number of its parameter."""
    say, settings = desk.say, desk.inp.assessment.settings
    ground = settings_ground(desk.inp.assessment)
    number = {
        "least": desk.number(settings.coverage_min, "share", "assessment.coverage_min", ground, "pct0"),
        "draws": desk.things(settings.draws, "", "", "assessment.draws", ground),
        "seed": run("assessment.seed", settings.seed),
        "level": desk.number(settings.level, "share", "assessment.level", ground, "pct0"),
    }
    items = (
        say("pb.gates", one_sided=desk.limit("method.confidence_one_sided", sign=False),
            rho=desk.limit("method.design_rho", sign=False)),
        say("pb.score", least=number["least"]), say("pb.range"),
        say("pb.weights", draws=number["draws"], seed=number["seed"]),
        say("pb.rank", ranks=run("method.ranks", RANKS), level=number["level"]),
        say("pb.funnel", funnels=run("method.funnels", FUNNELS)),
        say("pb.disclosure", min=desk.limit("method.min_cell_households", sign=False)),
    )  # fmt: skip
    return Chapter("附录B", say.word("pb.title"), (Bullets(items),))
