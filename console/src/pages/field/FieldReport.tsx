/** Something seen on the way: what, where, in one's own words; the desk takes it up. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { Link } from 'react-router'

import { api, newAct, take } from '../../api/client'
import { grids } from '../../api/queries'
import type { Kind } from '../../api/types'
import { useT } from '../../i18n'
import { locate } from '../../offline/locate'
import type { Position } from '../../offline/queue'
import { Btn, Note } from '../../parts/Plain'
import { Problem } from '../../parts/Problem'

/** What people on foot see; the rest is "other" with words. */
const KINDS: readonly Kind[] = ['other', 'fire', 'smoke', 'flood', 'gas', 'fall', 'crowding', 'abandoned']

export function FieldReport() {
  const { t } = useT()
  const client = useQueryClient()
  const places = useQuery(grids)
  const act = useRef(newAct())
  const [kind, setKind] = useState<Kind>('other')
  const [grid, setGrid] = useState('')
  const [words, setWords] = useState('')
  const [place, setPlace] = useState<Position | null>(null)
  const [locating, setLocating] = useState(false)
  const [missing, setMissing] = useState(false)
  const send = useMutation({
    mutationFn: () =>
      take(
        api.POST('/api/reports', {
          body: { act: act.current, kind, words: words.trim(), source: 'member', ...(grid !== '' && { grid }), ...(place !== null && { place }) },
        }),
      ),
    onSuccess: () => {
      act.current = newAct()
      setWords('')
      setPlace(null)
      void client.invalidateQueries({ queryKey: ['incidents'] })
    },
  })
  const here = async () => {
    setLocating(true)
    const found = await locate()
    setLocating(false)
    setPlace(found?.position ?? null)
    setMissing(found === null)
  }
  const ready = words.trim() !== '' && (grid !== '' || place !== null)
  return (
    <section aria-label={t('field.report')}>
      <Link to="/r">← {t('nav.mine')}</Link>
      <h1 className="phone-title">{t('field.report')}</h1>
      <p className="quiet">{t('report.hint.up')}</p>
      <Problem error={send.error} />
      {send.data !== undefined && (
        <Note tone="good" title={t('field.report.done')} action={<Link to={`/r/${send.data.incident}`}>{t('report.open')}</Link>} />
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (ready && !send.isPending) send.mutate()
        }}
      >
        <fieldset className="kinds field-kinds">
          <legend>{t('report.kind')}</legend>
          {KINDS.map((one) => (
            <Btn key={one} {...(one === kind && { look: 'primary' as const })} aria-pressed={one === kind} onClick={() => setKind(one)}>
              {t(`kind.${one}`)}
            </Btn>
          ))}
        </fieldset>
        <label htmlFor="field-words">{t('report.words.own')}</label>
        <textarea id="field-words" className="field" rows={4} maxLength={2000} required value={words} onChange={(event) => setWords(event.target.value)} placeholder={t('field.report.example')} />
        <label htmlFor="field-grid">{t('report.grid')}</label>
        <select id="field-grid" className="field" value={grid} onChange={(event) => setGrid(event.target.value)}>
          <option value="">{t('field.report.byPlace')}</option>
          {(places.data?.items ?? []).slice(0, 500).map((one) => (
            <option key={one.code} value={one.code}>{one.name}</option>
          ))}
        </select>
        <Btn className="wide" disabled={locating} aria-busy={locating} onClick={() => void here()}>
          {locating ? t('r.locating') : place === null ? t('field.report.locate') : t('field.report.located')}
        </Btn>
        {missing && <Note tone="warn" title={t('field.report.unlocated')} />}
        <Btn huge look="primary" type="submit" disabled={!ready || send.isPending}>{t('field.report.do')}</Btn>
      </form>
    </section>
  )
}
