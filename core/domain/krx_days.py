"""KRX days that are no regular session. Written by `make calendar`: do not edit.

Source `holidays-…`: financial_holidays("XKRX") of that version; `rule`: follows from the other rows;
`notice`: announced for that day, gathered from public lists; `expected`: by rule, not announced yet.
A day that is changed at short notice goes into DATA_DIR/calendar.toml until this table has it.
"""

from __future__ import annotations

from datetime import date

TABLE_STARTS = date(2014, 1, 1)
TABLE_ENDS = date(2027, 12, 31)

# day, hours (KST) or closed, source, as of, reason
ROWS = """
2014-01-01 closed      holidays-0.108 2026-11-26 신정연휴
2014-01-02 10:00-15:00 rule           2026-11-26 새해 첫 거래일
2014-01-30 closed      holidays-0.108 2026-11-26 설날 전날
2014-01-31 closed      holidays-0.108 2026-11-26 설날
2014-05-01 closed      holidays-0.108 2026-11-26 근로자의날
2014-05-05 closed      holidays-0.108 2026-11-26 어린이날
2014-05-06 closed      holidays-0.108 2026-11-26 석가탄신일
2014-06-04 closed      holidays-0.108 2026-11-26 지방선거일
2014-06-06 closed      holidays-0.108 2026-11-26 현충일
2014-08-15 closed      holidays-0.108 2026-11-26 광복절
2014-09-08 closed      holidays-0.108 2026-11-26 추석
2014-09-09 closed      holidays-0.108 2026-11-26 추석 다음날
2014-09-10 closed      holidays-0.108 2026-11-26 추석 대체 휴일
2014-10-03 closed      holidays-0.108 2026-11-26 개천절
2014-10-09 closed      holidays-0.108 2026-11-26 한글날
2014-11-13 10:00-16:00 notice         2026-11-26 대학수학능력시험
2014-12-25 closed      holidays-0.108 2026-11-26 기독탄신일
2014-12-31 closed      holidays-0.108 2026-11-26 연말휴장일
2015-01-01 closed      holidays-0.108 2026-11-26 신정연휴
2015-01-02 10:00-15:00 rule           2026-11-26 새해 첫 거래일
2015-02-18 closed      holidays-0.108 2026-11-26 설날 전날
2015-02-19 closed      holidays-0.108 2026-11-26 설날
2015-02-20 closed      holidays-0.108 2026-11-26 설날 다음날
2015-05-01 closed      holidays-0.108 2026-11-26 근로자의날
2015-05-05 closed      holidays-0.108 2026-11-26 어린이날
2015-05-25 closed      holidays-0.108 2026-11-26 석가탄신일
2015-08-14 closed      holidays-0.108 2026-11-26 임시공휴일
2015-09-28 closed      holidays-0.108 2026-11-26 추석 다음날
2015-09-29 closed      holidays-0.108 2026-11-26 추석 대체 휴일
2015-10-09 closed      holidays-0.108 2026-11-26 한글날
2015-11-12 10:00-16:00 notice         2026-11-26 대학수학능력시험
2015-12-25 closed      holidays-0.108 2026-11-26 기독탄신일
2015-12-31 closed      holidays-0.108 2026-11-26 연말휴장일
2016-01-01 closed      holidays-0.108 2026-11-26 신정연휴
2016-01-04 10:00-15:00 rule           2026-11-26 새해 첫 거래일
2016-02-08 closed      holidays-0.108 2026-11-26 설날
2016-02-09 closed      holidays-0.108 2026-11-26 설날 다음날
2016-02-10 closed      holidays-0.108 2026-11-26 설날 대체 휴일
2016-03-01 closed      holidays-0.108 2026-11-26 삼일절
2016-04-13 closed      holidays-0.108 2026-11-26 국회의원 선거일
2016-05-05 closed      holidays-0.108 2026-11-26 어린이날
2016-05-06 closed      holidays-0.108 2026-11-26 임시공휴일
2016-06-06 closed      holidays-0.108 2026-11-26 현충일
2016-08-15 closed      holidays-0.108 2026-11-26 광복절
2016-09-14 closed      holidays-0.108 2026-11-26 추석 전날
2016-09-15 closed      holidays-0.108 2026-11-26 추석
2016-09-16 closed      holidays-0.108 2026-11-26 추석 다음날
2016-10-03 closed      holidays-0.108 2026-11-26 개천절
2016-11-17 10:00-16:30 notice         2026-11-26 대학수학능력시험
2016-12-30 closed      holidays-0.108 2026-11-26 연말휴장일
2017-01-02 10:00-15:30 rule           2026-11-26 새해 첫 거래일
2017-01-27 closed      holidays-0.108 2026-11-26 설날 전날
2017-01-30 closed      holidays-0.108 2026-11-26 설날 대체 휴일
2017-03-01 closed      holidays-0.108 2026-11-26 삼일절
2017-05-01 closed      holidays-0.108 2026-11-26 근로자의날
2017-05-03 closed      holidays-0.108 2026-11-26 부처님오신날
2017-05-05 closed      holidays-0.108 2026-11-26 어린이날
2017-05-09 closed      holidays-0.108 2026-11-26 대통령 선거일
2017-06-06 closed      holidays-0.108 2026-11-26 현충일
2017-08-15 closed      holidays-0.108 2026-11-26 광복절
2017-10-02 closed      holidays-0.108 2026-11-26 임시공휴일
2017-10-03 closed      holidays-0.108 2026-11-26 개천절; 추석 전날
2017-10-04 closed      holidays-0.108 2026-11-26 추석
2017-10-05 closed      holidays-0.108 2026-11-26 추석 다음날
2017-10-06 closed      holidays-0.108 2026-11-26 추석 대체 휴일
2017-10-09 closed      holidays-0.108 2026-11-26 한글날
2017-11-16 10:00-16:30 notice         2026-11-26 연기된 대학수학능력시험, 거래 시간은 그대로
2017-11-23 10:00-16:30 notice         2026-11-26 대학수학능력시험
2017-12-25 closed      holidays-0.108 2026-11-26 기독탄신일
2017-12-29 closed      holidays-0.108 2026-11-26 연말휴장일
2018-01-01 closed      holidays-0.108 2026-11-26 신정연휴
2018-01-02 10:00-15:30 rule           2026-11-26 새해 첫 거래일
2018-02-15 closed      holidays-0.108 2026-11-26 설날 전날
2018-02-16 closed      holidays-0.108 2026-11-26 설날
2018-03-01 closed      holidays-0.108 2026-11-26 삼일절
2018-05-01 closed      holidays-0.108 2026-11-26 근로자의날
2018-05-07 closed      holidays-0.108 2026-11-26 어린이날 대체 휴일
2018-05-22 closed      holidays-0.108 2026-11-26 부처님오신날
2018-06-06 closed      holidays-0.108 2026-11-26 현충일
2018-06-13 closed      holidays-0.108 2026-11-26 지방선거일
2018-08-15 closed      holidays-0.108 2026-11-26 광복절
2018-09-24 closed      holidays-0.108 2026-11-26 추석
2018-09-25 closed      holidays-0.108 2026-11-26 추석 다음날
2018-09-26 closed      holidays-0.108 2026-11-26 추석 대체 휴일
2018-10-03 closed      holidays-0.108 2026-11-26 개천절
2018-10-09 closed      holidays-0.108 2026-11-26 한글날
2018-11-15 10:00-16:30 notice         2026-11-26 대학수학능력시험
2018-12-25 closed      holidays-0.108 2026-11-26 기독탄신일
2018-12-31 closed      holidays-0.108 2026-11-26 연말휴장일
2019-01-01 closed      holidays-0.108 2026-11-26 신정연휴
2019-01-02 10:00-15:30 rule           2026-11-26 새해 첫 거래일
2019-02-04 closed      holidays-0.108 2026-11-26 설날 전날
2019-02-05 closed      holidays-0.108 2026-11-26 설날
2019-02-06 closed      holidays-0.108 2026-11-26 설날 다음날
2019-03-01 closed      holidays-0.108 2026-11-26 삼일절
2019-05-01 closed      holidays-0.108 2026-11-26 근로자의날
2019-05-06 closed      holidays-0.108 2026-11-26 어린이날 대체 휴일
2019-06-06 closed      holidays-0.108 2026-11-26 현충일
2019-08-15 closed      holidays-0.108 2026-11-26 광복절
2019-09-12 closed      holidays-0.108 2026-11-26 추석 전날
2019-09-13 closed      holidays-0.108 2026-11-26 추석
2019-10-03 closed      holidays-0.108 2026-11-26 개천절
2019-10-09 closed      holidays-0.108 2026-11-26 한글날
2019-11-14 10:00-16:30 notice         2026-11-26 대학수학능력시험
2019-12-25 closed      holidays-0.108 2026-11-26 기독탄신일
2019-12-31 closed      holidays-0.108 2026-11-26 연말휴장일
2020-01-01 closed      holidays-0.108 2026-11-26 신정연휴
2020-01-02 10:00-15:30 rule           2026-11-26 새해 첫 거래일
2020-01-24 closed      holidays-0.108 2026-11-26 설날 전날
2020-01-27 closed      holidays-0.108 2026-11-26 설날 대체 휴일
2020-04-15 closed      holidays-0.108 2026-11-26 국회의원 선거일
2020-04-30 closed      holidays-0.108 2026-11-26 부처님오신날
2020-05-01 closed      holidays-0.108 2026-11-26 근로자의날
2020-05-05 closed      holidays-0.108 2026-11-26 어린이날
2020-08-17 closed      holidays-0.108 2026-11-26 임시공휴일
2020-09-30 closed      holidays-0.108 2026-11-26 추석 전날
2020-10-01 closed      holidays-0.108 2026-11-26 추석
2020-10-02 closed      holidays-0.108 2026-11-26 추석 다음날
2020-10-09 closed      holidays-0.108 2026-11-26 한글날
2020-12-03 10:00-16:30 notice         2026-11-26 대학수학능력시험
2020-12-25 closed      holidays-0.108 2026-11-26 기독탄신일
2020-12-31 closed      holidays-0.108 2026-11-26 연말휴장일
2021-01-01 closed      holidays-0.108 2026-11-26 신정연휴
2021-01-04 10:00-15:30 rule           2026-11-26 새해 첫 거래일
2021-02-11 closed      holidays-0.108 2026-11-26 설날 전날
2021-02-12 closed      holidays-0.108 2026-11-26 설날
2021-03-01 closed      holidays-0.108 2026-11-26 삼일절
2021-05-05 closed      holidays-0.108 2026-11-26 어린이날
2021-05-19 closed      holidays-0.108 2026-11-26 부처님오신날
2021-08-16 closed      holidays-0.108 2026-11-26 광복절 대체 휴일
2021-09-20 closed      holidays-0.108 2026-11-26 추석 전날
2021-09-21 closed      holidays-0.108 2026-11-26 추석
2021-09-22 closed      holidays-0.108 2026-11-26 추석 다음날
2021-10-04 closed      holidays-0.108 2026-11-26 개천절 대체 휴일
2021-10-11 closed      holidays-0.108 2026-11-26 한글날 대체 휴일
2021-11-18 10:00-16:30 notice         2026-11-26 대학수학능력시험
2021-12-31 closed      holidays-0.108 2026-11-26 연말휴장일
2022-01-03 10:00-15:30 rule           2026-11-26 새해 첫 거래일
2022-01-31 closed      holidays-0.108 2026-11-26 설날 전날
2022-02-01 closed      holidays-0.108 2026-11-26 설날
2022-02-02 closed      holidays-0.108 2026-11-26 설날 다음날
2022-03-01 closed      holidays-0.108 2026-11-26 삼일절
2022-03-09 closed      holidays-0.108 2026-11-26 대통령 선거일
2022-05-05 closed      holidays-0.108 2026-11-26 어린이날
2022-06-01 closed      holidays-0.108 2026-11-26 지방선거일
2022-06-06 closed      holidays-0.108 2026-11-26 현충일
2022-08-15 closed      holidays-0.108 2026-11-26 광복절
2022-09-09 closed      holidays-0.108 2026-11-26 추석 전날
2022-09-12 closed      holidays-0.108 2026-11-26 추석 대체 휴일
2022-10-03 closed      holidays-0.108 2026-11-26 개천절
2022-10-10 closed      holidays-0.108 2026-11-26 한글날 대체 휴일
2022-11-17 10:00-16:30 notice         2026-11-26 대학수학능력시험
2022-12-30 closed      holidays-0.108 2026-11-26 연말휴장일
2023-01-02 10:00-15:30 rule           2026-11-26 새해 첫 거래일
2023-01-23 closed      holidays-0.108 2026-11-26 설날 다음날
2023-01-24 closed      holidays-0.108 2026-11-26 설날 대체 휴일
2023-03-01 closed      holidays-0.108 2026-11-26 삼일절
2023-05-01 closed      holidays-0.108 2026-11-26 근로자의날
2023-05-05 closed      holidays-0.108 2026-11-26 어린이날
2023-05-29 closed      holidays-0.108 2026-11-26 부처님오신날 대체 휴일
2023-06-06 closed      holidays-0.108 2026-11-26 현충일
2023-08-15 closed      holidays-0.108 2026-11-26 광복절
2023-09-28 closed      holidays-0.108 2026-11-26 추석 전날
2023-09-29 closed      holidays-0.108 2026-11-26 추석
2023-10-02 closed      holidays-0.108 2026-11-26 임시공휴일
2023-10-03 closed      holidays-0.108 2026-11-26 개천절
2023-10-09 closed      holidays-0.108 2026-11-26 한글날
2023-11-16 10:00-16:30 notice         2026-11-26 대학수학능력시험
2023-12-25 closed      holidays-0.108 2026-11-26 기독탄신일
2023-12-29 closed      holidays-0.108 2026-11-26 연말휴장일
2024-01-01 closed      holidays-0.108 2026-11-26 신정연휴
2024-01-02 10:00-15:30 rule           2026-11-26 새해 첫 거래일
2024-02-09 closed      holidays-0.108 2026-11-26 설날 전날
2024-02-12 closed      holidays-0.108 2026-11-26 설날 대체 휴일
2024-03-01 closed      holidays-0.108 2026-11-26 삼일절
2024-04-10 closed      holidays-0.108 2026-11-26 국회의원 선거일
2024-05-01 closed      holidays-0.108 2026-11-26 근로자의날
2024-05-06 closed      holidays-0.108 2026-11-26 어린이날 대체 휴일
2024-05-15 closed      holidays-0.108 2026-11-26 부처님오신날
2024-06-06 closed      holidays-0.108 2026-11-26 현충일
2024-08-15 closed      holidays-0.108 2026-11-26 광복절
2024-09-16 closed      holidays-0.108 2026-11-26 추석 전날
2024-09-17 closed      holidays-0.108 2026-11-26 추석
2024-09-18 closed      holidays-0.108 2026-11-26 추석 다음날
2024-10-01 closed      holidays-0.108 2026-11-26 국군의 날
2024-10-03 closed      holidays-0.108 2026-11-26 개천절
2024-10-09 closed      holidays-0.108 2026-11-26 한글날
2024-11-14 10:00-16:30 notice         2026-11-26 대학수학능력시험
2024-12-25 closed      holidays-0.108 2026-11-26 기독탄신일
2024-12-31 closed      holidays-0.108 2026-11-26 연말휴장일
2025-01-01 closed      holidays-0.108 2026-11-26 신정연휴
2025-01-02 10:00-15:30 rule           2026-11-26 새해 첫 거래일
2025-01-27 closed      holidays-0.108 2026-11-26 임시공휴일
2025-01-28 closed      holidays-0.108 2026-11-26 설날 전날
2025-01-29 closed      holidays-0.108 2026-11-26 설날
2025-01-30 closed      holidays-0.108 2026-11-26 설날 다음날
2025-03-03 closed      holidays-0.108 2026-11-26 삼일절 대체 휴일
2025-05-01 closed      holidays-0.108 2026-11-26 근로자의날
2025-05-05 closed      holidays-0.108 2026-11-26 부처님오신날; 어린이날
2025-05-06 closed      holidays-0.108 2026-11-26 부처님오신날 대체 휴일; 어린이날 대체 휴일
2025-06-03 closed      holidays-0.108 2026-11-26 대통령 선거일
2025-06-06 closed      holidays-0.108 2026-11-26 현충일
2025-08-15 closed      holidays-0.108 2026-11-26 광복절
2025-10-03 closed      holidays-0.108 2026-11-26 개천절
2025-10-06 closed      holidays-0.108 2026-11-26 추석
2025-10-07 closed      holidays-0.108 2026-11-26 추석 다음날
2025-10-08 closed      holidays-0.108 2026-11-26 추석 대체 휴일
2025-10-09 closed      holidays-0.108 2026-11-26 한글날
2025-11-13 10:00-16:30 notice         2026-11-26 대학수학능력시험
2025-12-25 closed      holidays-0.108 2026-11-26 기독탄신일
2025-12-31 closed      holidays-0.108 2026-11-26 연말휴장일
2026-01-01 closed      holidays-0.108 2026-11-26 신정연휴
2026-01-02 10:00-15:30 rule           2026-11-26 새해 첫 거래일
2026-02-16 closed      holidays-0.108 2026-11-26 설날 전날
2026-02-17 closed      holidays-0.108 2026-11-26 설날
2026-02-18 closed      holidays-0.108 2026-11-26 설날 다음날
2026-03-02 closed      holidays-0.108 2026-11-26 삼일절 대체 휴일
2026-05-01 closed      holidays-0.108 2026-11-26 노동절
2026-05-05 closed      holidays-0.108 2026-11-26 어린이날
2026-05-25 closed      holidays-0.108 2026-11-26 부처님오신날 대체 휴일
2026-06-03 closed      holidays-0.108 2026-11-26 지방선거일
2026-07-17 closed      holidays-0.108 2026-11-26 제헌절
2026-08-17 closed      holidays-0.108 2026-11-26 광복절 대체 휴일
2026-09-24 closed      holidays-0.108 2026-11-26 추석 전날
2026-09-25 closed      holidays-0.108 2026-11-26 추석
2026-10-05 closed      holidays-0.108 2026-11-26 개천절 대체 휴일
2026-10-09 closed      holidays-0.108 2026-11-26 한글날
2026-11-19 10:00-16:30 notice         2026-11-26 대학수학능력시험
2026-12-25 closed      holidays-0.108 2026-11-26 기독탄신일
2026-12-31 closed      holidays-0.108 2026-11-26 연말휴장일
2027-01-01 closed      holidays-0.108 2026-11-26 신정연휴
2027-01-04 10:00-15:30 rule           2026-11-26 새해 첫 거래일
2027-02-08 closed      holidays-0.108 2026-11-26 설날 다음날
2027-02-09 closed      holidays-0.108 2026-11-26 설날 대체 휴일
2027-03-01 closed      holidays-0.108 2026-11-26 삼일절
2027-05-03 closed      holidays-0.108 2026-11-26 노동절 대체 휴일
2027-05-05 closed      holidays-0.108 2026-11-26 어린이날
2027-05-13 closed      holidays-0.108 2026-11-26 부처님오신날
2027-07-19 closed      holidays-0.108 2026-11-26 제헌절 대체 휴일
2027-08-16 closed      holidays-0.108 2026-11-26 광복절 대체 휴일
2027-09-14 closed      holidays-0.108 2026-11-26 추석 전날
2027-09-15 closed      holidays-0.108 2026-11-26 추석
2027-09-16 closed      holidays-0.108 2026-11-26 추석 다음날
2027-10-04 closed      holidays-0.108 2026-11-26 개천절 대체 휴일
2027-10-11 closed      holidays-0.108 2026-11-26 한글날 대체 휴일
2027-11-18 10:00-16:30 expected       2026-11-26 대학수학능력시험
2027-12-27 closed      holidays-0.108 2026-11-26 기독탄신일 대체 휴일
2027-12-31 closed      holidays-0.108 2026-11-26 연말휴장일
"""
