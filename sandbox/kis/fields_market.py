"""Keys of the market's answers in wire order, from published lists, corrected by captured ones.

Corrections: no `nmix_ctrt` in the ETF price, ten codes and names in a news title.
"""

from __future__ import annotations

from .fields import keys_of

TRADE = keys_of("stck_cntg_hour stck_prpr prdy_vrss prdy_vrss_sign cntg_vol tday_rltv prdy_ctrt")

VOLUME_RANK = keys_of(
    """hts_kor_isnm mksc_shrn_iscd data_rank stck_prpr prdy_vrss_sign prdy_vrss prdy_ctrt acml_vol
    prdy_vol lstn_stcn avrg_vol n_befr_clpr_vrss_prpr_rate vol_inrt vol_tnrt nday_vol_tnrt
    avrg_tr_pbmn tr_pbmn_tnrt nday_tr_pbmn_tnrt acml_tr_pbmn"""
)
CHANGE_RANK = keys_of(
    """stck_shrn_iscd data_rank hts_kor_isnm stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt acml_vol
    stck_hgpr hgpr_hour acml_hgpr_date stck_lwpr lwpr_hour acml_lwpr_date lwpr_vrss_prpr_rate
    dsgt_date_clpr_vrss_prpr_rate cnnt_ascn_dynu hgpr_vrss_prpr_rate cnnt_down_dynu
    oprc_vrss_prpr_sign oprc_vrss_prpr oprc_vrss_prpr_rate prd_rsfl prd_rsfl_rate"""
)

INDEX = keys_of(
    """bstp_nmix_prpr bstp_nmix_prdy_vrss prdy_vrss_sign bstp_nmix_prdy_ctrt acml_vol prdy_vol
    acml_tr_pbmn prdy_tr_pbmn bstp_nmix_oprc prdy_nmix_vrss_nmix_oprc oprc_vrss_prpr_sign
    bstp_nmix_oprc_prdy_ctrt bstp_nmix_hgpr prdy_nmix_vrss_nmix_hgpr hgpr_vrss_prpr_sign
    bstp_nmix_hgpr_prdy_ctrt bstp_nmix_lwpr prdy_clpr_vrss_lwpr lwpr_vrss_prpr_sign
    prdy_clpr_vrss_lwpr_rate ascn_issu_cnt uplm_issu_cnt stnr_issu_cnt down_issu_cnt lslm_issu_cnt
    dryy_bstp_nmix_hgpr dryy_hgpr_vrss_prpr_rate dryy_bstp_nmix_hgpr_date dryy_bstp_nmix_lwpr
    dryy_lwpr_vrss_prpr_rate dryy_bstp_nmix_lwpr_date total_askp_rsqn total_bidp_rsqn seln_rsqn_rate
    shnu_rsqn_rate ntby_rsqn"""
)
INDEX_NOW = keys_of(
    """bstp_nmix_prdy_vrss prdy_vrss_sign bstp_nmix_prdy_ctrt prdy_nmix acml_vol acml_tr_pbmn
    hts_kor_isnm bstp_nmix_prpr bstp_cls_code prdy_vol bstp_nmix_oprc bstp_nmix_hgpr bstp_nmix_lwpr
    futs_prdy_oprc futs_prdy_hgpr futs_prdy_lwpr"""
)
INDEX_BAR = keys_of(
    """stck_bsop_date bstp_nmix_prpr bstp_nmix_oprc bstp_nmix_hgpr bstp_nmix_lwpr acml_vol
    acml_tr_pbmn mod_yn"""
)

ETF = keys_of(
    """stck_prpr prdy_vrss_sign prdy_vrss prdy_ctrt acml_vol prdy_vol stck_mxpr stck_llam
    stck_prdy_clpr stck_oprc prdy_clpr_vrss_oprc_rate stck_hgpr prdy_clpr_vrss_hgpr_rate stck_lwpr
    prdy_clpr_vrss_lwpr_rate prdy_last_nav nav nav_prdy_vrss nav_prdy_vrss_sign nav_prdy_ctrt
    trc_errt stck_sdpr stck_sspr etf_crcl_stcn etf_ntas_ttam etf_frcr_ntas_ttam frgn_limt_rate
    frgn_oder_able_qty etf_cu_unit_scrt_cnt etf_cnfg_issu_cnt etf_dvdn_cycl crcd etf_crcl_ntas_ttam
    etf_frcr_crcl_ntas_ttam etf_frcr_last_ntas_wrth_val lp_oder_able_cls_code stck_dryy_hgpr
    dryy_hgpr_vrss_prpr_rate dryy_hgpr_date stck_dryy_lwpr dryy_lwpr_vrss_prpr_rate dryy_lwpr_date
    bstp_kor_isnm vi_cls_code lstn_stcn frgn_hldn_qty frgn_hldn_qty_rate etf_trc_ert_mltp dprt
    mbcr_name stck_lstn_date mtrt_date shrg_type_code lp_hldn_rate etf_trgt_nmix_bstp_code
    etf_div_name etf_rprs_bstp_kor_isnm lp_hldn_vol"""
)
NAV_PRICE = keys_of(
    """stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt acml_vol acml_tr_pbmn stck_prdy_clpr stck_oprc
    stck_hgpr stck_lwpr stck_mxpr stck_llam"""
)
NAV = keys_of(
    """nav nav_prdy_vrss_sign nav_prdy_vrss nav_prdy_ctrt prdy_clpr_nav oprc_nav hprc_nav
    lprc_nav"""
)
NAV_DAY = keys_of(
    """stck_bsop_date stck_clpr prdy_vrss prdy_vrss_sign prdy_ctrt acml_vol cntg_vol dprt
    nav_vrss_prpr nav nav_prdy_vrss_sign nav_prdy_vrss nav_prdy_ctrt"""
)
NAV_TIME = keys_of(
    """bsop_hour nav nav_prdy_vrss_sign nav_prdy_vrss nav_prdy_ctrt nav_vrss_prpr dprt stck_prpr
    prdy_vrss prdy_vrss_sign prdy_ctrt acml_vol cntg_vol"""
)
BASKET = keys_of(
    """stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt etf_cnfg_issu_avls nav nav_prdy_vrss_sign
    nav_prdy_vrss nav_prdy_ctrt etf_ntas_ttam prdy_clpr_nav oprc_nav hprc_nav lprc_nav
    etf_cu_unit_scrt_cnt etf_cnfg_issu_cnt"""
)
COMPONENT = keys_of(
    """stck_shrn_iscd hts_kor_isnm stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt acml_vol
    acml_tr_pbmn tday_rsfl_rate prdy_vrss_vol tr_pbmn_tnrt hts_avls etf_cnfg_issu_avls
    etf_cnfg_issu_rlim etf_vltn_amt"""
)

NEWS = (
    *keys_of(
        """cntt_usiq_srno news_ofer_entp_code data_dt data_tm hts_pbnt_titl_cntt news_lrdv_code
        dorg"""
    ),
    *(f"iscd{number}" for number in range(1, 11)),
    *(f"kor_isnm{number}" for number in range(1, 11)),
)
