"""East-west cooperation, worked out again from the clauses."""

import pandas as pd
from arithmetic import NOW, count, div, gather, mean, ratio, share, there, total


def values(t) -> dict[str, float]:
    every, c = t.partner_counties, t.now("partner_counties")
    one, ever = (pd.Series(True, x.index, dtype="boolean") for x in (c, every))
    own, city = {"partner_code": "partner_code"}, {"city_code": "city_code"}
    aid, deep, national = c.fiscal_aid_yuan, c.is_deep_poor, c.is_national_poor
    all_aid, all_ever = aid + c.raised_yuan + c.social_aid_yuan, every.fiscal_aid_yuan + every.raised_yuan + every.social_aid_yuan
    city_aid = gather(c, every, city | {"year": "year"}, "sum", "fiscal_aid_yuan")
    city_poor = gather(c, every, city, "sum", "poor_persons", lag=1)
    aid_before = gather(c, every, own, "first", "fiscal_aid_yuan", lag=1)
    poor_before = gather(c, every, own, "first", "poor_persons", lag=1)

    def lasting(p: pd.DataFrame) -> pd.Series:
        begun = ~there(p.from_date) | (p.from_date <= NOW).fillna(False)
        return begun & (~there(p.to_date) | (p.to_date >= NOW).fillna(False))

    pairs = gather(c, t.partner_pairs, own, "count", where=lasting)
    schools = gather(c, t.partner_pairs, own, "count", where=lambda p: (p.partner_kind == "school") & lasting(p))
    out_ = there(c.exit_date) & (c.exit_date <= NOW).fillna(False)
    yearly = {"exited_villages": "villages_exited", "exited_persons": "persons_exited", "fiscal_aid_total": "fiscal_aid_yuan",
              "cadres_sent": "cadres_sent", "talents_sent": "talents_sent", "enterprises": "enterprises",
              "investment": "investment_yuan",
              "workers_in_guangdong": "workers_in_guangdong", "workers_nearby": "workers_nearby",
              "vocational_students": "vocational_students", "poor_persons": "poor_persons",
              "purchases": "purchase_yuan"}  # fmt: skip
    so_far = {"fiscal_aid": "fiscal_aid_yuan", "raised": "raised_yuan", "social_aid": "social_aid_yuan",
    "cadres_sent": "cadres_sent",
              "cadres_received": "cadres_received", "talents_sent": "talents_sent", "enterprises": "enterprises",
              "investment": "investment_yuan", "parks": "parks", "persons_gained": "persons_gained",
              "villages_exited": "villages_exited", "persons_exited": "persons_exited"}  # fmt: skip
    out = {f"eastwest.{k}": total(one, c[x]) for k, x in yearly.items()}
    out |= {f"eastwest.{k}_cumulative": total(ever, every[x]) for k, x in so_far.items()}
    return out | _pairs(t, lasting) | {
        "eastwest.partner_counties": count(national),
        "eastwest.exited_counties": count(national, out_),
        "eastwest.exited_all_share": share(national, out_),
        "eastwest.aid_total": total(one, all_aid),
        "eastwest.aid_cumulative": total(ever, all_ever),
        "eastwest.fiscal_aid_mean": mean(one, aid),
        "eastwest.fiscal_share_ratio": ratio(one, aid, all_aid),
        "eastwest.land_ratio": ratio(one, c.raised_yuan, all_aid),
        "eastwest.deep_fund_ratio": ratio(one, _if(deep, aid), aid),
        "eastwest.deep_poor_ratio": ratio(one, _if(deep, poor_before), poor_before),
        "eastwest.three_regions_aid_ratio": ratio(one, _if(c.is_three_regions, aid), aid),
        "eastwest.deep_by_incidence": count(one, c.poverty_incidence > 0.18),
        "eastwest.deep_flag_agrees_share": share(c.poverty_incidence > 0, deep | (c.poverty_incidence <= 0.18)),
        "eastwest.poor_use_ratio": ratio(one, c.fiscal_aid_poor_yuan, aid),
        "eastwest.aid_per_poor": ratio(poor_before > 0, aid, poor_before),
        "eastwest.tilt": ratio(deep, div(aid, city_aid), div(poor_before, city_poor)),
        "eastwest.deep_aid_growth": ratio(deep, aid - aid_before, aid_before),
        "eastwest.relocated_exited_ratio": ratio(c.relocated_households > 0, c.relocated_exited_households,
        c.relocated_households),
        "eastwest.annual_report_share": share(one, c.has_annual_report),
        "eastwest.poor_county_paired_share": share(national, pairs >= 1),
        "eastwest.deep_county_paired_share": share(deep & national, pairs >= 1),
        "eastwest.vocational_pair_share": share(one, schools >= 1),
        "eastwest.enterprise_intake_share": share(one, c.enterprises >= 1),
        "eastwest.investment_per_enterprise": ratio(c.enterprises > 0, c.investment_yuan, c.enterprises),
    }  # fmt: skip


def _if(test: pd.Series, x: pd.Series) -> pd.Series:
    """x where the test holds, 0 where it fails."""
    return test.astype("Float64") * x


def _pairs(t, lasting) -> dict[str, float]:
    p = t.partner_pairs
    now = lasting(p)
    theirs = {
        f"eastwest.{k}_pairs": count(now & (p.partner_kind == k)) for k in ("county", "town", "village", "hospital", "school")
    }
    kinds = ("county", "town", "village", "enterprise", "social_organisation", "hospital", "school")
    return theirs | {f"eastwest.helper_{k}_pairs": count(now & (p.helper_kind == k)) for k in kinds}
