/** The questions behind an alarm's acts: for how long and why, false at which spot, what happened so far. */
import { useQuery } from '@tanstack/react-query'
import { Alert, Input, Modal, Radio, Spin } from 'antd'
import { useState } from 'react'

import { alarmActs, journal } from '../api/alarms'
import { alarmPicture } from '../api/queries'
import type { Alarm } from '../api/types'
import { say, useT } from '../i18n'
import { useNow } from '../serverClock'
import { minute, second } from '../time'
import { Boxed } from './Boxed'
import { Problem } from './Problem'
import { useAct } from './useCommand'
import { useDeviceName, usePersonName } from './Words'

interface Props {
  alarm: Alarm
  onDone: () => void
}

const SPANS = [15, 30, 60, 240, 480, 1440] as const
const DAYS = [1, 7, 30, 90] as const

function useTitle(alarm: Alarm): string {
  const { t } = useT()
  const nameOf = useDeviceName()
  return `${t(`kind.${alarm.kind}`)} · ${nameOf(alarm.device)}`
}

function Reason({ value, onChange, example }: { value: string; onChange: (value: string) => void; example: string }) {
  const { t } = useT()
  return (
    <>
      <label htmlFor="why">{t('do.reason')}</label>
      <Input.TextArea
        id="why"
        rows={2}
        maxLength={300}
        placeholder={example}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </>
  )
}

export function ShelveDialog({ alarm, onDone }: Props) {
  const { t } = useT()
  const now = useNow()
  const title = useTitle(alarm)
  const { busy, act } = useAct(['alarms'], onDone)
  const [span, setSpan] = useState<number>(60)
  const [reason, setReason] = useState('')
  return (
    <Modal
      open
      title={t('alarms.shelve.title', { alarm: title })}
      okText={t('alarms.shelve.do')}
      cancelText={t('do.cancel')}
      okButtonProps={{ disabled: reason.trim() === '', loading: busy }}
      onOk={() => act(() => alarmActs.shelve(alarm.id, reason.trim(), span))}
      onCancel={onDone}
    >
      <p className="quiet">{t('alarms.shelve.hint')}</p>
      <Radio.Group
        aria-label={t('alarms.shelve.span')}
        optionType="button"
        className="kinds"
        value={span}
        onChange={(event) => setSpan(event.target.value as number)}
        options={SPANS.map((one) => ({ value: one, label: spanWords(one, t) }))}
      />
      <p>{t('alarms.shelve.until', { time: minute(now + span * 60_000, now) })}</p>
      <Reason value={reason} onChange={setReason} example={t('alarms.shelve.example')} />
    </Modal>
  )
}

function spanWords(span: number, t: ReturnType<typeof useT>['t']): string {
  return span < 60 ? t('span.minutes', { n: span }) : t('span.hours', { n: span / 60 })
}

export function FalseSpotDialog({ alarm, onDone }: Props) {
  const { t } = useT()
  const now = useNow()
  const title = useTitle(alarm)
  const { busy, act } = useAct(['alarms'], onDone)
  const seen = useQuery(alarmPicture(alarm))
  const [whole, setWhole] = useState(false)
  const [days, setDays] = useState<number>(7)
  const [reason, setReason] = useState('')
  const boxes = seen.data?.boxes ?? []
  // A sensor, or a picture without a box: there is no smaller place than all of it.
  const choice = seen.data !== undefined && seen.data.boxes?.length !== 0 && seen.data.picture !== null
  const all = whole || !choice
  // Until it is known what there is to choose, nothing is said of the whole, and nothing can be sent.
  const known = seen.data !== undefined
  return (
    <Modal
      open
      title={t('falseSpot.title', { alarm: title })}
      okText={t('falseSpot.do')}
      cancelText={t('do.cancel')}
      okButtonProps={{ disabled: !known || reason.trim() === '', loading: busy }}
      onOk={() => act(() => alarmActs.falseSpot(alarm.id, all, days, reason.trim()))}
      onCancel={onDone}
    >
      <Problem error={seen.error} onRetry={() => void seen.refetch()} />
      {seen.isPending && <Spin />}
      {seen.data?.picture != null && (
        <Boxed picture={seen.data.picture} boxes={all ? [{ x: 0, y: 0, width: 1, height: 1 }] : boxes} />
      )}
      {known && <p>{t(all ? 'falseSpot.whole.hint' : 'falseSpot.box.hint')}</p>}
      {choice && (
        <Radio.Group
          aria-label={t('falseSpot.where')}
          value={whole}
          onChange={(event) => setWhole(event.target.value as boolean)}
          options={[
            { value: false, label: t('falseSpot.box') },
            { value: true, label: t('falseSpot.whole') },
          ]}
        />
      )}
      <Alert type="warning" className="problem" title={t('falseSpot.warning')} />
      <Radio.Group
        aria-label={t('falseSpot.days')}
        optionType="button"
        className="kinds"
        value={days}
        onChange={(event) => setDays(event.target.value as number)}
        options={DAYS.map((one) => ({ value: one, label: t('span.days', { n: one }) }))}
      />
      <p>{t('falseSpot.until', { time: minute(now + days * 86_400_000, now) })}</p>
      <Reason value={reason} onChange={setReason} example={t('falseSpot.example')} />
    </Modal>
  )
}

/** A detector's code, which is for engineers; the list says the same in words. */
const CODE = /^[a-z_]+\.[a-z_]+$/

export function JournalDialog({ alarm, onDone }: Props) {
  const { t } = useT()
  const now = useNow()
  const title = useTitle(alarm)
  const asked = useQuery(journal(alarm.id))
  const nameOfPerson = usePersonName()
  return (
    <Modal open title={t('alarms.journal.title', { alarm: title })} footer={null} onCancel={onDone}>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spin />}
      {asked.data?.items.length === 0 && <p className="quiet">{t('alarms.journal.none')}</p>}
      <ol className="log">
        {asked.data?.items.map((one, place) => (
          <li key={`${one.at}-${place}`}>
            <time className="mono">{second(one.at, now)}</time>
            <span>
              {say(t, 'journal', one.what)}
              {one.reason !== '' && !CODE.test(one.reason) && t('list.brackets', { inside: one.reason })}
              <span className="quiet"> · {one.actor === 'system' ? t('actor.system') : nameOfPerson(one.actor)}</span>
            </span>
          </li>
        ))}
      </ol>
    </Modal>
  )
}
