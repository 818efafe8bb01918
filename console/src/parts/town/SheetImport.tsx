/** Bringing a sheet in: choose it, see how it goes, and every fault by row; a sheet with a fault changes nothing. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { App, Button, Modal } from 'antd'
import { useState } from 'react'

import { errorSentence } from '../../api/errors'
import type { Job } from '../../api/town'
import { useT } from '../../i18n'
import { FilePick } from './FilePick'
import { JobView } from './JobView'

interface Props {
  title: string
  hint: string
  /** Where the present sheet may be had: the best example of what to write. */
  example: string
  nouns: readonly string[]
  bring: (sheet: File) => Promise<{ id: string }>
  onDone: () => void
}

export function SheetImport({ title, hint, example, nouns, bring, onDone }: Props) {
  const { t } = useT()
  const { message } = App.useApp()
  const client = useQueryClient()
  const [file, setFile] = useState<File>()
  const [job, setJob] = useState<{ id: string; ended?: Job } | null>(null)
  const send = useMutation({
    mutationFn: bring,
    onSuccess: ({ id }) => setJob({ id }),
    onError: (error) => void message.error(errorSentence(error, t), 8),
  })
  const ended = (found: Job) => {
    setJob({ id: found.id, ended: found })
    for (const noun of nouns) void client.invalidateQueries({ queryKey: [noun] })
  }
  const good = job?.ended?.state === 'done' && job.ended.faulty === 0
  return (
    <Modal open width={820} title={title} footer={null} onCancel={onDone} mask={{ closable: false }}>
      <p className="quiet">
        {hint} <a href={example}>{t('import.example')}</a>
      </p>
      <FilePick
        label={t('import.sheet')}
        accept=".csv,.xlsx"
        file={file}
        onFile={(chosen) => {
          setFile(chosen)
          setJob(null)
        }}
      />
      {job === null && (
        <p>
          <Button type="primary" disabled={file === undefined} loading={send.isPending} onClick={() => file !== undefined && send.mutate(file)}>
            {t('import.bring')}
          </Button>
        </p>
      )}
      {job !== null && <JobView key={job.id} id={job.id} onEnded={ended} />}
      {good && <Button type="primary" onClick={onDone}>{t('import.done')}</Button>}
    </Modal>
  )
}
