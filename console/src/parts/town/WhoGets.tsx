/** Who would get a matter of a grade at a place, and why not the others: asked before it happens. */
import { useQuery } from '@tanstack/react-query'
import { Form, Select, Spin } from 'antd'
import { useState } from 'react'

import { organisations, route } from '../../api/town'
import { type Grade, GRADES } from '../../api/types'
import { useT } from '../../i18n'
import { Note } from '../Plain'
import { Problem } from '../Problem'
import { GridPicker, MatterPicker } from './pickers'

export function WhoGets() {
  const { t } = useT()
  const [matter, setMatter] = useState<string>()
  const [grid, setGrid] = useState<string>()
  const [grade, setGrade] = useState<Grade>()
  const ready = matter !== undefined && grid !== undefined
  const asked = useQuery({ ...route(matter ?? '', grid ?? '', grade), enabled: ready })
  const named = useQuery(organisations)
  const nameOf = (code: string | null | undefined) => named.data?.items.find((one) => one.code === code)?.name ?? code ?? ''
  const found = ready ? asked.data : undefined
  return (
    <div className="narrow">
      <p className="quiet">{t('route.hint')}</p>
      <Form layout="vertical">
        <Form.Item label={t('case.matter')} htmlFor="route-matter">
          <MatterPicker id="route-matter" {...(matter !== undefined && { value: matter })} onChange={setMatter} />
        </Form.Item>
        <Form.Item label={t('report.grid')} htmlFor="route-grid">
          <GridPicker id="route-grid" {...(grid !== undefined && { value: grid })} onChange={setGrid} />
        </Form.Item>
        <Form.Item label={t('act.confirm.grade')} htmlFor="route-grade">
          <Select
            id="route-grade"
            allowClear
            placeholder={t('route.grade.own')}
            value={grade ?? null}
            onChange={(value: Grade | null) => setGrade(value ?? undefined)}
            options={GRADES.map((one) => ({ value: one, label: `${one} ${t(`grade.${one}`)}` }))}
          />
        </Form.Item>
      </Form>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {ready && asked.isPending && <Spin />}
      {found !== undefined && (
        <>
          <Note
            tone={found.lead == null ? 'bad' : 'good'}
            title={found.lead == null ? t('route.nobody') : t('route.lead', { who: nameOf(found.lead), grade: t(`grade.${found.grade}`) })}
          >
            {found.beyond && t('route.beyond')}
          </Note>
          <ol className="plain">
            {found.asked.map((one) => (
              <li key={one.organisation}>
                <span className="mark">{t(`tier.${one.tier}`)}</span> <strong>{one.name}</strong>{' '}
                <span className={one.why === 'leads' ? 'tone-arrived' : 'quiet'}>
                  {t(`routewhy.${one.why}`, {
                    grade: one.authority == null ? '' : t(`grade.${one.authority.highest}`),
                    before: nameOf(one.before),
                  })}
                </span>
              </li>
            ))}
          </ol>
          {found.asked.length === 0 && <p className="quiet">{t('route.none')}</p>}
        </>
      )}
    </div>
  )
}
