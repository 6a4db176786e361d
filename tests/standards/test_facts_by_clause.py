"""Every published figure, clause by clause, typed from the documents: a digit, a scale, a qualifier or a clause that
moves is seen, and so is a figure that is missing or stands twice."""

from collections import defaultdict

import pytest

from evaltools.standards import Claims

REPORT = "广东省人民政府关于我省巩固脱贫成果建立长效机制工作情况的报告(2020-11-26)"
REPLY, OPINION, PLAN, DEEP = "粤农农函〔2020〕571号", "粤发〔2016〕13号", "穗办〔2018〕31号", "粤办发〔2018〕8号"
SCHEME = "广东省2016年度扶贫开发工作成效考核实施方案"

PRINTED = {
    (REPORT, "前言"): "161.5万 2277 21 1.8万? 近6.5万 1600多亿 41万 100% 100% 33.5万 71 8663 379.2万 4",
    (REPORT, "第一部分（一）"): "3 3 17 4 15 4 90多",
    (REPORT, "第一部分（二）"): "6 41 8 41 133 265 648 1898 4205 923 4",
    (REPORT, "第一部分（三）"): "6 12 1719 5597 130.94亿 11.82万 36.78万 1.8万 1112 1.2万 6.5万 9115 66.5亿 1000多 近1万 100多万 "
                           "2000多万 320多亿 近220亿",
    (REPORT, "第二部分（一）"): "14 161 55 2000 200 6.3万 7875 62.8万 2476 23.21亿 70664 9300余 20余万 17 24 203 137 "
                           "33.91万 5.44",
    (REPORT, "第二部分（二）"): "1022 17020 41万 22.9万 1.8万 92% 32 423",
    (REPORT, "第二部分（三）"): "56 17 21 3200多 8500多 31 超3亿 19 962",
    (REPORT, "第二部分（四）"): "29.5万 10.8亿 80%以上 4万 34.4万 6384 2100 2820 1044",
    (REPORT, "第三部分（一）"): "1500万 99.8% 99.9% 100% 99%以上 98%以上 99.8% 98.5% 80.2% 100% 14.2万 95.4% 97.3% 40%",
    (REPORT, "第三部分（三）"): "3 7875 约4万 约13万",
    (REPORT, "第三部分（四）"): "6384以上",
    (REPORT, "第四部分（一）"): "3053 13.4万 14.12万 839 97 231 1200多亿",
    (REPORT, "第四部分（二）"): "3278",
    (REPORT, "第四部分（三）"): "3 2010 1812 103",
    (REPORT, "第五部分（二）"): "672亿 172亿 1000万 6326万 379亿 120亿",
    (REPORT, "第五部分（三）"): "480 998 9649",
    (REPORT, "第五部分（四）"): "964 758亿 147 122万",
    (REPORT, "第五部分（五）"): "24 约387万 220万",
    (REPORT, "第五部分（六）"): "88 93 307 370 943 2446 456 3987 459 1217 799 1342",
    (REPLY, "前言"): "161.5万 2277 21 1.8万 近1000亿 总体实现 160万 2140",
    (REPLY, "第二部分"): "246 1719 37 46 229 14 97 1112 27855 4554 6.5万 近3.95万 587 2462 152 141",
    (REPLY, "第三部分"): "37 21 369 41 271 12 8 126",
    (REPLY, "第四部分"): "3",
    (OPINION, "第2条"): "4000 70.8万 176.5万 8000 5% 2277",
    (OPINION, "第3条"): "7% 45% 7365 60% 9820 50万 60万 66.5万",
    (OPINION, "第9条"): "70%以上 100%",
    (OPINION, "第13条"): "2万 6 3 1",
    (PLAN, "第一部分（二）"): "477 8699 11599",
    (PLAN, "第三部分（二）"): "50万 7400万 33000万 7300万",
    (PLAN, "第三部分（三）"): "2640 1000",
    (DEEP, "第二部分"): "18% 20%",
    (SCHEME, "帮扶对象"): "247 311",
}
"""Document and clause -> the figures as `written`; ? marks one that another clause of the document already gives."""


@pytest.fixture(scope="module")
def found():
    """(document, clause) -> what the claims print there."""
    out = defaultdict(list)
    for claim in Claims.load().values():
        out[claim.document, claim.clause].append(claim.written)
    return out


def test_the_clauses_with_figures_are_these(found):
    assert set(found) == set(PRINTED)


@pytest.mark.parametrize("place", PRINTED, ids=lambda p: f"{p[0][:8]} {p[1]}")
def test_the_figures_of_a_clause_are_those_of_the_document(found, place):
    asked = [f for f in PRINTED[place].split() if not f.endswith("?")]
    assert sorted(found[place]) == sorted(asked)
