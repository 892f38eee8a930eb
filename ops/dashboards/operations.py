"""운영: how the bot is, from its `/metrics` (docs/operations.md lists every figure)."""

from __future__ import annotations

from ops.dashboards.panels import (
    BYTES,
    PERCENT,
    SECONDS,
    WON,
    Dashboard,
    Metric,
    Panel,
)

_SMALL = 6

OPERATIONS = Dashboard(
    uid="autotrade-operations",
    title="운영",
    since="now-24h",
    panels=(
        Panel(
            title="거래 상태",
            kind="stat",
            width=_SMALL,
            queries=(Metric("autotrade_trading == 1", "{{state}}"),),
        ),
        Panel(
            title="미확인 주문",
            kind="stat",
            width=_SMALL,
            queries=(Metric("sum(autotrade_orders_in_doubt) or vector(0)"),),
        ),
        Panel(
            title="심장 박동 뒤",
            kind="stat",
            unit=SECONDS,
            width=_SMALL,
            queries=(Metric("autotrade_heartbeat_age_seconds"),),
        ),
        Panel(
            title="아직 전하지 못한 알림",
            kind="stat",
            width=_SMALL,
            queries=(Metric("autotrade_alarms_waiting"),),
        ),
        Panel(
            title="오늘 주문, 상태별",
            kind="timeseries",
            queries=(Metric("autotrade_orders_today", "{{state}}"),),
        ),
        Panel(
            title="오늘 더 잃어도 되는 돈",
            kind="timeseries",
            unit=WON,
            queries=(
                Metric("autotrade_day_loss_left_won", "남은 한도"),
                Metric("autotrade_day_result_won", "오늘 결과"),
            ),
        ),
        Panel(
            title="한도에서 남은 것",
            kind="timeseries",
            queries=(Metric("autotrade_risk_left", "{{limit}}"),),
        ),
        Panel(
            title="나간 차단기",
            kind="timeseries",
            queries=(Metric("autotrade_breaker_out", "{{breaker}}"),),
        ),
        Panel(
            title="증권사 응답 시간",
            about="5분 동안의 중앙값과 99 %",
            kind="timeseries",
            unit=SECONDS,
            queries=tuple(
                Metric(
                    f"histogram_quantile({share}, sum by (le, lane) "
                    "(rate(autotrade_broker_request_seconds_bucket[5m])))",
                    f"{{{{lane}}}} {name}",
                )
                for share, name in ((0.5, "p50"), (0.99, "p99"))
            ),
        ),
        Panel(
            title="증권사 오류, 코드별",
            kind="timeseries",
            queries=(
                Metric("sum by (code) (rate(autotrade_broker_faults_total[5m]))", "{{code}}"),
            ),
        ),
        Panel(
            title="차례를 기다린 시간",
            kind="timeseries",
            unit=SECONDS,
            queries=(
                Metric(
                    "histogram_quantile(0.99, sum by (le, lane) "
                    "(rate(autotrade_limiter_wait_seconds_bucket[5m])))",
                    "{{lane}} p99",
                ),
            ),
        ),
        Panel(
            title="실시간 시세",
            kind="timeseries",
            queries=(
                Metric("autotrade_feed_age_seconds", "마지막 소식 뒤 초"),
                Metric("autotrade_feed_registrations", "등록"),
                Metric("autotrade_feed_left_out", "빠진 종목"),
            ),
        ),
        Panel(
            title="언어 모델 비용, 오늘",
            kind="timeseries",
            unit=WON,
            queries=(Metric("sum by (purpose) (autotrade_model_cost_won_today)", "{{purpose}}"),),
        ),
        Panel(
            title="일일 작업의 단계",
            kind="timeseries",
            unit=SECONDS,
            queries=(Metric("autotrade_cycle_step_seconds", "{{step}}"),),
        ),
        Panel(
            title="이벤트 루프가 늦은 시간",
            kind="timeseries",
            unit=SECONDS,
            queries=(
                Metric(
                    "histogram_quantile(0.999, sum by (le) "
                    "(rate(autotrade_loop_lag_seconds_bucket[5m])))",
                    "p99.9",
                ),
            ),
        ),
        Panel(
            title="메모리",
            kind="timeseries",
            unit=BYTES,
            queries=(Metric("process_resident_memory_bytes", "RSS"),),
        ),
        Panel(
            title="CPU",
            kind="timeseries",
            unit=PERCENT,
            queries=(Metric("100 * rate(process_cpu_seconds_total[5m])", "한 코어의 %"),),
        ),
        Panel(
            title="디스크와 데이터베이스",
            kind="timeseries",
            unit=BYTES,
            queries=(
                Metric("autotrade_disk_free_bytes", "남은 디스크"),
                Metric("autotrade_database_bytes", "데이터베이스"),
            ),
        ),
        Panel(
            title="마지막 백업 뒤",
            kind="timeseries",
            unit=SECONDS,
            queries=(Metric("autotrade_backup_age_seconds", "초"),),
        ),
    ),
)
