import { expect, it } from 'vitest'

import openapi from '../../openapi.json'
import { en } from './en'
import { zh } from './zh'

const holes = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map((one) => one[1]).sort()

it('both languages have the same keys', () => {
  expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort())
})

it('both languages say the same figures in each sentence', () => {
  for (const [key, text] of Object.entries(zh)) {
    expect([key, holes(en[key as keyof typeof zh])]).toEqual([key, holes(text)])
  }
})

it('no sentence is empty, and no Chinese one is left in English', () => {
  for (const [key, text] of Object.entries(zh)) {
    expect(text.trim(), key).not.toBe('')
    const words = text.replace(/{{\w+}}/g, '')
    if (/[A-Za-z]{4,}/.test(words)) expect(words, key).toMatch(/[一-鿿]/)
  }
})

const families: [string, string][] = [
  ['Kind', 'kind'], ['Grade', 'grade'], ['Tier', 'tier'], ['State', 'state'], ['Verdict', 'verdict'],
  ['Basis', 'basis'], ['Mode', 'mode'], ['Channel', 'channel'], ['Outcome', 'outcome'], ['Role', 'role'],
  ['LinkState', 'link'], ['AlarmState', 'alarmstate'], ['Turn', 'journal'], ['Judgement', 'judgement'],
  ['Stage', 'stage'], ['Service', 'service'], ['UpStage', 'upstage'],
]

it.each(families)('every %s of the API has its word', (schema, family) => {
  const schemas = openapi.components.schemas as Record<string, { enum?: string[] }>
  const values = schemas[schema]?.enum ?? []
  expect(values.length).toBeGreaterThan(1)
  for (const value of values) expect(Object.keys(zh)).toContain(`${family}.${value}`)
})
