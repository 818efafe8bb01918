/** What the reader may do with a case now, as buttons: the likeliest first, rare ones behind "more". */
import { Button, Dropdown, Space } from 'antd'
import { useState } from 'react'

import { caseActs } from '../../api/case'
import type { Detail } from '../../api/types'
import { useT } from '../../i18n'
import { useSession } from '../../session'
import { useCommand } from '../useCommand'
import { MoveDialog, useMoveLabel } from './MoveDialog'
import { type Choice, choicesOf, needsNothing } from './moves'

const PLAIN = { receive: caseActs.receive, take_on: caseActs.take_on, begin_work: caseActs.begin_work } as const

export function Moves({ detail }: { detail: Detail }) {
  const { t } = useT()
  const { session } = useSession()
  const [open, setOpen] = useState<Choice | null>(null)
  const command = useCommand(detail.incident.id)
  const labelOf = useMoveLabel()
  const choices = choicesOf(detail.moves)
  // What an organisation says of itself, the desk only passes on.
  const behind = (one: Choice) => one.rare === true || (one.own === true && session.role !== 'department')
  const shown = choices.filter((one) => !behind(one))
  const rare = choices.filter(behind)
  if (choices.length === 0) return null
  const choose = (one: Choice) => {
    const at = needsNothing(one) && !(one.own === true && session.role !== 'department')
    if (at && one.id in PLAIN) command.mutate(() => PLAIN[one.id as keyof typeof PLAIN](detail.incident.id, { seen: detail.incident.version }))
    else setOpen(one)
  }
  return (
    <Space wrap size="small" role="group" aria-label={t('move.title')}>
      {shown.map((one, place) => (
        <Button
          key={one.id}
          type={place === 0 ? 'primary' : 'default'}
          size="large"
          danger={one.danger ?? false}
          loading={command.isPending && place === 0}
          onClick={() => choose(one)}
        >
          {labelOf(one)}
        </Button>
      ))}
      {rare.length > 0 && (
        <Dropdown
          trigger={['click']}
          menu={{
            items: rare.map((one) => ({ key: one.id, label: one.own === true && session.role !== 'department' ? t('move.passed', { move: labelOf(one) }) : labelOf(one) })),
            onClick: ({ key }) => setOpen(rare.find((one) => one.id === key) ?? null),
          }}
        >
          <Button size="large">{t('move.more')}</Button>
        </Dropdown>
      )}
      {open !== null && <MoveDialog choice={open} detail={detail} label={labelOf(open)} onDone={() => setOpen(null)} />}
    </Space>
  )
}
