"""계좌: what the account did, from the tables that the bot writes.

Instants are UTC ISO text and days ISO dates of Korea (docs/database.md); the queries cast them.
"""

from __future__ import annotations

from ops.dashboards.panels import PERCENT, WON, Dashboard, Panel, Sql

# The last account of each Korean day within the chosen range.
_DAYS = """
WITH days AS (
  SELECT DISTINCT ON (day) day, nav_won
  FROM (
    SELECT (taken_at::timestamptz AT TIME ZONE 'Asia/Seoul')::date AS day, taken_at, nav_won
    FROM snapshots WHERE $__timeFilter(taken_at::timestamptz)
  ) AS taken
  ORDER BY day, taken_at DESC
)"""


def _by_day(columns: str) -> Sql:
    """Return a series over `days`: one row for each Korean day of the chosen range."""
    return Sql(f"{_DAYS}{columns}")


NAV = Panel(
    title="계좌 평가액",
    about="입금과 출금도 그대로 보입니다. 수익률은 주간 보고를 보세요.",
    kind="timeseries",
    unit=WON,
    queries=(
        _by_day(
            """
SELECT day::timestamp AT TIME ZONE 'Asia/Seoul' AS time, nav_won AS "평가액"
FROM days ORDER BY day"""
        ),
    ),
)
COMPARED = Panel(
    title="KODEX 200 과 비교 (처음 = 100)",
    about="수정주가로 견줍니다. 입출금이 있으면 수익률이 아닙니다.",
    kind="timeseries",
    queries=(
        _by_day(
            """
SELECT day::timestamp AT TIME ZONE 'Asia/Seoul' AS time,
  100.0 * nav_won / first_value(nav_won) OVER (ORDER BY day) AS "계좌",
  100.0 * close_won / first_value(close_won) OVER (ORDER BY day) AS "KODEX 200"
FROM days JOIN bars ON bars.session = day::text AND bars.symbol = '069500' AND bars.adjusted = 1
ORDER BY day"""
        ),
    ),
)
DRAWDOWN = Panel(
    title="고점에서 내려온 폭",
    kind="timeseries",
    unit=PERCENT,
    queries=(
        _by_day(
            """
SELECT day::timestamp AT TIME ZONE 'Asia/Seoul' AS time,
  100.0 * nav_won / max(nav_won) OVER (ORDER BY day) - 100.0 AS "낙폭"
FROM days ORDER BY day"""
        ),
    ),
)
ALLOCATION = Panel(
    title="지금의 비중",
    kind="piechart",
    unit=WON,
    queries=(
        Sql(
            """
WITH newest AS (
  SELECT snapshot_id, settled_d2_won FROM snapshots ORDER BY taken_at DESC LIMIT 1
)
SELECT name AS "종목", quantity * price_won AS "금액"
FROM positions JOIN newest USING (snapshot_id) WHERE quantity > 0
UNION ALL SELECT '현금', settled_d2_won FROM newest
ORDER BY 2 DESC""",
            is_series=False,
        ),
    ),
)
TRADED = Panel(
    title="하루 체결 금액",
    kind="barchart",
    unit=WON,
    queries=(
        Sql(
            """
SELECT (observed_at::timestamptz AT TIME ZONE 'Asia/Seoul')::date::text AS "날짜",
  coalesce(sum(fills.quantity * price_won) FILTER (WHERE side = 'buy'), 0) AS "매수",
  coalesce(sum(fills.quantity * price_won) FILTER (WHERE side = 'sell'), 0) AS "매도"
FROM fills JOIN orders USING (order_id)
WHERE $__timeFilter(observed_at::timestamptz)
GROUP BY 1 ORDER BY 1""",
            is_series=False,
        ),
    ),
)
OUTCOMES = Panel(
    title="제안의 결과: 7일과 30일 뒤 (비용 뒤)",
    about="거절되거나 시간이 지난 제안은 가정이고, 따로 셉니다.",
    kind="table",
    unit=WON,
    queries=(
        Sql(
            """
SELECT left(exit_session, 7) AS "달", days AS "며칠 뒤",
  CASE is_hypothetical WHEN 1 THEN '가정' ELSE '체결' END AS "무엇",
  count(*) AS "건수", sum(pnl_won) AS "손익", sum(after_won) AS "비용 뒤"
FROM trade_outcomes
WHERE $__timeFilter((exit_session::date)::timestamp AT TIME ZONE 'Asia/Seoul')
GROUP BY 1, 2, 3 ORDER BY 1 DESC, 2, 3""",
            is_series=False,
        ),
    ),
)
ORDERS = Panel(
    title="주문 상태",
    kind="barchart",
    queries=(
        Sql(
            """
SELECT (created_at::timestamptz AT TIME ZONE 'Asia/Seoul')::date::text AS "날짜",
  count(*) FILTER (WHERE state = 'FILLED') AS "체결",
  count(*) FILTER (WHERE state IN ('CANCELLED', 'PARTIAL_CANCELLED')) AS "취소",
  count(*) FILTER (WHERE state IN ('BLOCKED', 'EXPIRED', 'NOT_SENT', 'VOID')) AS "보내지 않음",
  count(*) FILTER (WHERE state = 'REJECTED') AS "거절",
  count(*) FILTER (WHERE state IN ('UNKNOWN', 'OPERATOR_HOLD', 'SUBMITTING')) AS "미확인",
  count(*) FILTER (WHERE state IN ('CREATED', 'GATED', 'WORKING', 'PARTIAL', 'CANCEL_PENDING'))
    AS "진행 중"
FROM orders WHERE $__timeFilter(created_at::timestamptz) GROUP BY 1 ORDER BY 1""",
            is_series=False,
        ),
    ),
)
NEWEST_ORDERS = Panel(
    title="최근 주문",
    kind="table",
    width=24,
    queries=(
        Sql(
            """
SELECT created_at::timestamptz AS "시각", symbol AS "종목", side AS "구분", state AS "상태",
  coalesce(request_quantity, quantity_max) AS "수량", filled AS "체결",
  average_price_won AS "평균가", reason AS "까닭"
FROM orders WHERE $__timeFilter(created_at::timestamptz)
ORDER BY created_at DESC LIMIT 100""",
            is_series=False,
        ),
    ),
)
MODEL_COST = Panel(
    title="언어 모델 비용",
    kind="barchart",
    unit=WON,
    queries=(
        Sql(
            """
SELECT day AS "날짜", sum(cost_milliwon) / 1000.0 AS "원", count(*) AS "호출"
FROM model_calls WHERE $__timeFilter(at::timestamptz) GROUP BY 1 ORDER BY 1""",
            is_series=False,
        ),
    ),
)
MODEL_PURPOSES = Panel(
    title="언어 모델: 무엇에 썼나",
    kind="table",
    queries=(
        Sql(
            """
SELECT purpose AS "일", model AS "모델", state AS "결과", count(*) AS "호출",
  sum(prompt_tokens + completion_tokens) AS "토큰", sum(cost_milliwon) / 1000.0 AS "원",
  percentile_cont(0.5) WITHIN GROUP (ORDER BY elapsed_ms) AS "중앙값 ms"
FROM model_calls WHERE $__timeFilter(at::timestamptz)
GROUP BY 1, 2, 3 ORDER BY 6 DESC NULLS LAST""",
            is_series=False,
        ),
    ),
)
CYCLE = Panel(
    title="일일 작업의 단계",
    kind="table",
    queries=(
        Sql(
            """
SELECT day AS "날짜", step AS "단계", state AS "결과", attempts AS "시도",
  extract(epoch FROM finished_at::timestamptz - started_at::timestamptz) AS "초", error AS "오류"
FROM cycle_runs
WHERE $__timeFilter((day::date)::timestamp AT TIME ZONE 'Asia/Seoul')
ORDER BY day DESC, started_at LIMIT 200""",
            is_series=False,
        ),
    ),
)
BLOCKED = Panel(
    title="막힌 주문의 까닭",
    kind="table",
    queries=(
        Sql(
            """
SELECT reason AS "까닭", count(*) AS "건수", max(created_at::timestamptz) AS "마지막"
FROM orders
WHERE state IN ('BLOCKED', 'REJECTED', 'NOT_SENT') AND $__timeFilter(created_at::timestamptz)
GROUP BY 1 ORDER BY 2 DESC LIMIT 50""",
            is_series=False,
        ),
    ),
)

ACCOUNT = Dashboard(
    uid="autotrade-account",
    title="계좌와 주문",
    since="now-1y",
    panels=(
        NAV,
        COMPARED,
        DRAWDOWN,
        ALLOCATION,
        TRADED,
        OUTCOMES,
        ORDERS,
        BLOCKED,
        NEWEST_ORDERS,
        MODEL_COST,
        MODEL_PURPOSES,
        CYCLE,
    ),
)
