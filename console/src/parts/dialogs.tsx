/** The questions that some acts need an answer to. */
import { useQuery } from '@tanstack/react-query'
import { Button, Empty, Input, Modal, Space } from 'antd'
import { useState } from 'react'

import { CLOSE_REASONS, commands, REJECT_REASONS } from '../api/commands'
import { openIncidents } from '../api/queries'
import type { Tier } from '../api/types'
import { useT } from '../i18n'
import { useNow } from '../serverClock'
import { second } from '../time'
import { useCommand } from './useCommand'
import { stateWords } from './Words'

interface Props {
  id: string
  onDone: () => void
}

function useAct(id: string, onDone: () => void) {
  const command = useCommand(id)
  return {
    busy: command.isPending,
    act: (what: () => Promise<unknown>) => command.mutate(what, { onSuccess: onDone }),
  }
}

export function RejectDialog({ id, onDone }: Props) {
  const { t } = useT()
  const { busy, act } = useAct(id, onDone)
  return (
    <Modal open title={t('act.reject.why')} footer={null} onCancel={onDone}>
      <Choices>
        {REJECT_REASONS.map((reason) => (
          <Button key={reason} block size="large" disabled={busy} onClick={() => act(() => commands.reject(id, reason))}>
            {t(`reject.${reason}`)}
          </Button>
        ))}
      </Choices>
    </Modal>
  )
}

export function CloseDialog({ id, onDone }: Props) {
  const { t } = useT()
  const { busy, act } = useAct(id, onDone)
  return (
    <Modal open title={t('act.close.why')} footer={null} onCancel={onDone}>
      <Choices>
        {CLOSE_REASONS.map((reason) => (
          <Button key={reason} block size="large" disabled={busy} onClick={() => act(() => commands.close(id, reason))}>
            {t(`close.${reason}`)}
          </Button>
        ))}
      </Choices>
    </Modal>
  )
}

export function ArriveDialog({ id, tier, onDone }: Props & { tier: Tier }) {
  const { t } = useT()
  const { busy, act } = useAct(id, onDone)
  const [reason, setReason] = useState('')
  return (
    <Modal
      open
      title={t('act.arrive.title', { tier: t(`tier.${tier}`) })}
      okText={t('act.arrive')}
      cancelText={t('do.cancel')}
      okButtonProps={{ disabled: reason.trim() === '', loading: busy }}
      onOk={() => act(() => commands.arrive(id, tier, reason))}
      onCancel={onDone}
    >
      <label htmlFor="arrive-reason">{t('act.arrive.reason')}</label>
      <Input.TextArea
        id="arrive-reason"
        autoFocus
        rows={2}
        maxLength={2000}
        placeholder={t('act.arrive.example')}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
    </Modal>
  )
}

export function NoteDialog({ id, onDone }: Props) {
  const { t } = useT()
  const { busy, act } = useAct(id, onDone)
  const [text, setText] = useState('')
  return (
    <Modal
      open
      title={t('act.note')}
      okText={t('do.save')}
      cancelText={t('do.cancel')}
      okButtonProps={{ disabled: text.trim() === '', loading: busy }}
      onOk={() => act(() => commands.note(id, text))}
      onCancel={onDone}
    >
      <Input.TextArea
        aria-label={t('act.note.words')}
        autoFocus
        rows={4}
        maxLength={2000}
        showCount
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </Modal>
  )
}

export function MergeDialog({ id, onDone }: Props) {
  const { t } = useT()
  const now = useNow()
  const { busy, act } = useAct(id, onDone)
  const { data } = useQuery(openIncidents)
  const others = (data?.items ?? []).filter((one) => one.id !== id)
  return (
    <Modal open title={t('act.merge.into')} footer={null} onCancel={onDone}>
      {others.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('act.merge.none')} />}
      <Choices>
        {others.map((one) => (
          <Button key={one.id} block disabled={busy} onClick={() => act(() => commands.merge(id, one.id))}>
            {t(`kind.${one.kind}`)} {one.grid_name} · {second(one.began, now)} · {stateWords(one, t)}
          </Button>
        ))}
      </Choices>
    </Modal>
  )
}

function Choices({ children }: { children: React.ReactNode }) {
  return (
    <Space orientation="vertical" className="choices">
      {children}
    </Space>
  )
}
