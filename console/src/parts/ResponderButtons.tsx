/** Going, arrived, need help, done: the likeliest next one is the biggest, within reach of one thumb. */
import { App, Button, Modal } from 'antd'
import { useState } from 'react'

import type { Call, Detail } from '../api/types'
import { useT } from '../i18n'
import { locate } from '../offline/locate'
import type { Verb } from '../offline/queue'
import type { useActs } from '../offline/useActs'
import { serverNow } from '../serverClock'
import { second } from '../time'

interface Props {
  detail: Detail
  mine: Call | undefined
  acts: ReturnType<typeof useActs>
}

const REASONS = ['busy', 'away', 'ill', 'no_transport', 'other'] as const

export function ResponderButtons({ detail, mine, acts }: Props) {
  const { t } = useT()
  const { message, modal } = App.useApp()
  const id = detail.incident.id
  const [locating, setLocating] = useState(false)
  const [refusing, setRefusing] = useState(false)
  const waits = (verb: Verb) => acts.waiting.find((one) => one.incident === id && one.verb === verb)
  const tapped = (verb: Verb, at: string | null | undefined) => at ?? waits(verb)?.at ?? null
  const going = tapped('accept', mine?.accepted)
  const there = tapped('arrive', mine?.arrived)
  const done = detail.incident.state === 'handled' || waits('done') !== undefined
  const helped = detail.standing.help_asked.some((tier) => tier === mine?.tier) || waits('help') !== undefined

  const arrive = async () => {
    const at = serverNow()
    setLocating(true)
    const position = await locate()
    setLocating(false)
    if (position === null) void message.info(t('r.unlocated'))
    acts.tap(id, 'arrive', position === null ? { at } : { at, position })
  }
  const nothing = () =>
    void modal.confirm({
      title: t('r.nothing.sure'),
      okText: t('r.nothing.yes'),
      cancelText: t('do.cancel'),
      okButtonProps: { danger: true, size: 'large' },
      cancelButtonProps: { size: 'large' },
      onOk: () => acts.tap(id, 'nothing-here'),
    })
  const mark = (verb: Verb, at: string | null) =>
    at === null ? '' : waits(verb) ? ` · ${t('r.waiting')}` : ` ✓ ${second(at, serverNow())}`

  return (
    <div className="thumb">
      <Button
        className="huge"
        type={going === null && there === null ? 'primary' : 'default'}
        disabled={going !== null || there !== null}
        onClick={() => acts.tap(id, 'accept')}
      >
        {t('r.going')}
        {mark('accept', going)}
      </Button>
      <Button
        className="huge"
        type={there === null && going !== null ? 'primary' : 'default'}
        disabled={there !== null}
        loading={locating}
        onClick={() => void arrive()}
      >
        {locating ? t('r.locating') : t('r.arrived')}
        {mark('arrive', there)}
      </Button>
      {detail.incident.confirmed == null && (
        <div className="pair">
          <Button className="huge" danger type="primary" onClick={() => acts.tap(id, 'real')}>
            {t('r.real')}
          </Button>
          <Button className="huge" onClick={nothing}>
            {t('r.nothing')}
          </Button>
        </div>
      )}
      <div className="pair">
        <Button className="huge" danger disabled={helped} onClick={() => acts.tap(id, 'help')}>
          {t('r.help')}
          {helped ? (waits('help') ? ` · ${t('r.waiting')}` : ' ✓') : ''}
        </Button>
        <Button
          className="huge"
          type={there !== null && !done ? 'primary' : 'default'}
          disabled={there === null || done}
          onClick={() => acts.tap(id, 'done')}
        >
          {t('r.done')}
          {done ? (waits('done') ? ` · ${t('r.waiting')}` : ' ✓') : ''}
        </Button>
      </div>
      {going === null && there === null && (
        <Button type="text" size="large" onClick={() => setRefusing(true)}>
          {t('r.refuse')}
          {mine?.refused == null ? '' : ' ✓'}
        </Button>
      )}
      <Modal open={refusing} title={t('r.refuse.why')} footer={null} onCancel={() => setRefusing(false)}>
        <div className="thumb">
          {REASONS.map((reason) => (
            <Button
              key={reason}
              className="huge"
              onClick={() => {
                setRefusing(false)
                acts.tap(id, 'refuse', { reason })
              }}
            >
              {t(`refuse.${reason}`)}
            </Button>
          ))}
        </div>
      </Modal>
    </div>
  )
}
