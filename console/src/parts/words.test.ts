import { beforeAll, expect, it } from 'vitest'

import i18next from 'i18next'

import { startLanguages, type Translate } from '../i18n'
import { reasonWords } from './Notices'
import { detailsOf } from './Proofs'
import { whyOf } from './Words'

const t: Translate = (key, values) => i18next.t(key, values ?? {})

beforeAll(() => startLanguages())

it.each([
  ['refused: isv.BUSINESS_LIMIT_CONTROL', '服务商拒收（isv.BUSINESS_LIMIT_CONTROL）'],
  ['not_sent_in_time, last throttled', '时限内没有发出、服务商限流，排队中'],
  ['outage, last refused: status 500', '系统中断期间没有发出、服务商拒收（status 500）'],
  ['no_address', '没有登记联系方式'],
  ['something the provider said', 'something the provider said'],
  ['', ''],
])('the reason %s of a notice reads %s', (reason, words) => {
  expect(reasonWords(reason, t)).toBe(words)
})

it('a proof says distance, accuracy, age, tag and signature, as far as given', () => {
  const details = { distance_m: 23.4, accuracy_m: 12, age_s: 8.2, tag: 'tag-1', tag_name: '祠堂东门', phone: 'p', signed: true }
  expect(detailsOf({ details }, t)).toEqual(['距离 23 米', '精度 ±12 米', '定位于 8 秒前', '标牌：祠堂东门', '手机已签名'])
  expect(detailsOf({ details: {} }, t)).toEqual([])
})

it('a sentence whose figures are missing is not shown with holes', () => {
  expect(whyOf(t, 'threshold.above', {}, '3.62 m over the limit')).toBe('3.62 m over the limit')
  expect(whyOf(t, 'threshold.above', { value: 91, limit: 80, seconds: 20 })).toBe('数值 91 高于上限 80，持续 20 秒')
})
