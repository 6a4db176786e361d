"""`evaltools sample`: sizes that can decide, and the lists for the field teams."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evaltools import terms
from evaltools.batch import cities_named
from evaltools.cli.listing import Format, FormatOption, LangOption, show
from evaltools.estimation import Objective, PlanOptions, draw_files, plan_files
from evaltools.paths import resolve
from evaltools.standards import RuleBook, Rules

Villages = Annotated[Path, typer.Option(help="The frame of villages: Parquet, CSV or Excel, one row a village.")]
Cities = Annotated[str, typer.Option("--city", "-c", help="all (the 14 with tasks), or names with commas between.")]
PerVillage = Annotated[int, typer.Option(min=1, help="Households visited in a village.")]
Omission = Annotated[float, typer.Option(min=0.0, max=1.0, help="The omission rate you reckon with.")]
Exit = Annotated[float, typer.Option(min=0.0, max=1.0, help="The wrongful-exit rate you reckon with.")]
Approval = Annotated[float, typer.Option(min=0.0, max=1.0, help="The approval rate you reckon with.")]
Power = Annotated[float, typer.Option(min=0.5, max=0.99, help="Chance of a verdict, if those rates are true.")]
Response = Annotated[float, typer.Option(min=0.05, max=1.0, help="Share of households that will answer.")]
VillageCost = Annotated[float, typer.Option(min=0.0, help="Cost of a village, yuan.")]
HouseholdCost = Annotated[float, typer.Option(min=0.0, help="Cost of a household, yuan.")]
Budget = Annotated[float | None, typer.Option(help="Budget of a city, yuan; what it cannot decide is said.")]
FRAME = Path("data/demo/villages.parquet")

group = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="sample", help="Sample sizes, and the village and household lists for the field teams.")


@group.command("plan")
def plan(
    villages: Villages = FRAME, out: Annotated[Path, typer.Option(help="Excel file.")] = Path("reports/plan.xlsx"),
    city: Cities = "all", per_village: PerVillage = 20, omission: Omission = 0.002, wrongful_exit: Exit = 0.002,
    approval: Approval = 0.95, power: Power = 0.8, response: Response = 0.95, village_cost: VillageCost = 0.0,
    household_cost: HouseholdCost = 0.0, budget: Budget = None, form: FormatOption = Format.TEXT,
    lang: LangOption = "zh",
) -> None:  # fmt: skip
    """Say how many villages and households decide the gates (2 %, 2 %, 90 %) in each city.

    **In:** a frame of villages and what you reckon with. **Out:** sizes by city and county in the 5:3:2 proportion of
    the groups, with design effect, non-response and cost, as Excel; what the budget cannot decide is said.

        evaltools sample plan --city 梅州 --omission 0.005 --budget 200000 --village-cost 800 --household-cost 60
    """
    rules = RuleBook.load().at("2020-12-31")
    options = _options(rules, per_village, response, village_cost, household_cost, budget)
    goals = _objectives(rules, omission, wrongful_exit, approval, power, lang)
    made = plan_files(resolve(villages), _place(out), goals, options, cities=_codes(city), lang=lang)
    frame = made.objectives.assign(city=[terms.city(c).label(lang) for c in made.objectives["city"]])
    shown = frame.assign(achieved=frame["achieved"].map("{:.0%}".format)) if form is Format.TEXT else frame
    keys = ("city", "objective", "households_needed", "households", "villages", "achieved", "cost")
    heads = ("地市", "目标", "需访户数", "方案户数", "方案村数", "判定把握", "费用（元）") if lang == "zh" else keys
    show(shown, form, "", dict(zip(keys, heads, strict=True)))
    for note in made.notes:
        typer.echo(note, err=True)
    typer.echo(f"{resolve(out)}", err=True)


@group.command("draw")
def draw(
    seed: Annotated[int, typer.Option(help="Same seed and frame, same lists.")],
    villages: Villages = FRAME, out: Annotated[Path, typer.Option(help="Excel file.")] = Path("reports/sample.xlsx"),
    roster: Annotated[Path | None, typer.Option(help="Households with village_code, household_id and group.")] = None,
    city: Cities = "all", per_village: PerVillage = 20, omission: Omission = 0.002, wrongful_exit: Exit = 0.002,
    approval: Approval = 0.95, power: Power = 0.8, response: Response = 0.95, village_cost: VillageCost = 0.0,
    household_cost: HouseholdCost = 0.0, budget: Budget = None,
    replacements: Annotated[float, typer.Option(min=0.0, max=2.0, help="Replacements, as a share.")] = 0.2,
    form: Annotated[Path | None, typer.Option(help="Also write the CSV the questionnaire looks households up in.")] = None,
    year: Annotated[int, typer.Option(help="Year that is evaluated, for the questionnaire.")] = 2020,
    lang: LangOption = "zh",
) -> None:  # fmt: skip
    """Draw villages with probability proportional to size, and households at equal intervals from a roster.

    **Out:** village and household lists with replacements and weights, as Excel for the field teams; reproducible
    from the seed. Without a roster only the villages are drawn. With --form sample.csv, also the list to attach to the
    questionnaire of `evaltools template`; the roster then says persons and registry_status (and identification_year).

        evaltools sample draw --seed 20201121 --city 梅州
    """
    rules = RuleBook.load().at("2020-12-31")
    options = _options(rules, per_village, response, village_cost, household_cost, budget)
    goals = _objectives(rules, omission, wrongful_exit, approval, power, lang)
    drawn = draw_files(
        resolve(villages), _place(out), goals, options, seed=seed, roster=resolve(roster) if roster else None,
        cities=_codes(city), lang=lang, replacements=replacements, form=_place(form) if form else None, year=year,
    )  # fmt: skip
    for note in drawn.notes:
        typer.echo(note, err=True)
    typer.echo(f"{len(drawn.villages)} villages, {len(drawn.households)} households: {resolve(out)}")


def _options(
    rules: Rules, per_village: int, response: float, village: float, household: float, budget: float | None
) -> PlanOptions:
    """The design's numbers: shares of the groups and minima from the rule book, ρ as the verdicts use it."""
    groups = {g.value: rules[f"evaluation.sample.share.{g.value}"].value for g in terms.HouseholdGroup}
    return PlanOptions(
        per_village=per_village, rho=rules["method.design_rho"].value, response_rate=response, groups=groups,
        min_villages=int(rules["evaluation.sample.villages_per_county_min"].value), village_cost=village,
        min_households=int(rules["evaluation.sample.households_per_village_min"].value), household_cost=household,
        budget=budget,
    )  # fmt: skip


def _objectives(
    rules: Rules, omission: float, exited: float, approval: float, power: float, lang: str
) -> list[Objective]:
    """One objective a gate: limit and direction from the rule, the group of the sample that it is about."""
    wanted = (
        ("gate.omission_rate_max", omission, terms.HouseholdGroup.NON_REGISTERED.value),
        ("gate.wrongful_exit_rate_max", exited, terms.HouseholdGroup.REGISTERED_LABOUR.value),
        ("gate.public_approval_min", approval, None),
    )
    level = rules["method.confidence_one_sided"].value
    return [
        Objective(r.label(lang), expected, r.value, r.comparison, group=group, power=power, level=level)
        for r, expected, group in ((rules[i], expected, group) for i, expected, group in wanted)
    ]


def _codes(city: str) -> list[str]:
    """Division codes; `all` means the cities with tasks, the only ones with a frame to sample."""
    return [c.code for c in cities_named(city) if c.has_tasks or city.strip().lower() != "all"]


def _place(out: Path) -> Path:
    target = resolve(out)
    target.parent.mkdir(parents=True, exist_ok=True)
    return target
