/** Bringing the tree of places in: choose files, look at what would come of it, then write it. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { App, Button, Checkbox, Input, Modal, Steps } from 'antd'
import { useState } from 'react'

import { errorSentence } from '../../api/errors'
import { gridFiles, type Job } from '../../api/town'
import { useT } from '../../i18n'
import { writtenOf } from '../../town/gridReport'
import { Note } from '../Plain'
import { FilePick } from './FilePick'
import { GridFindings } from './GridFindings'
import { JobView } from './JobView'

export function GridImport({ onDone }: { onDone: () => void }) {
  const { t } = useT()
  const { message } = App.useApp()
  const client = useQueryClient()
  const [csv, setCsv] = useState<File>()
  const [geojson, setGeojson] = useState<File>()
  const [closing, setClosing] = useState(false)
  const [reason, setReason] = useState('')
  const [tried, setTried] = useState<{ id: string; job?: Job } | null>(null)
  const [brought, setBrought] = useState<{ id: string; job?: Job } | null>(null)
  const files = { csv, geojson, close_missing: closing, reason: reason.trim() }
  const failed = (error: unknown) => void message.error(errorSentence(error, t), 8)
  const check = useMutation({ mutationFn: () => gridFiles.check(files), onSuccess: (job) => setTried({ id: job.id }), onError: failed })
  const bring = useMutation({ mutationFn: () => gridFiles.bring(files), onSuccess: (job) => setBrought({ id: job.id }), onError: failed })
  const change = () => {
    setTried(null)
    setBrought(null)
  }
  const clean = tried?.job?.state === 'done' && tried.job.faulty === 0
  const step = brought !== null ? 2 : tried !== null ? 1 : 0
  return (
    <Modal open width={860} title={t('import.grids')} footer={null} onCancel={onDone} mask={{ closable: false }}>
      <Steps size="small" current={step} items={[{ title: t('import.choose') }, { title: t('import.try') }, { title: t('import.write') }]} />
      {brought === null && (
        <>
          <p className="quiet">{t('import.grids.hint')}</p>
          <div className="halves">
            <FilePick label={t('import.sheet')} accept=".csv,.xlsx" file={csv} onFile={(file) => { setCsv(file); change() }} />
            <FilePick label={t('import.outlines')} accept=".geojson,.json" file={geojson} onFile={(file) => { setGeojson(file); change() }} />
          </div>
          <p>
            <Checkbox checked={closing} onChange={(event) => { setClosing(event.target.checked); change() }}>{t('import.close')}</Checkbox>
          </p>
          <Button type={tried === null ? 'primary' : 'default'} disabled={csv === undefined && geojson === undefined} loading={check.isPending} onClick={() => check.mutate()}>
            {t('import.try.do')}
          </Button>
        </>
      )}
      {tried !== null && brought === null && (
        <>
          <JobView key={tried.id} id={tried.id} onEnded={(job) => setTried({ id: tried.id, job })} />
          {tried.job !== undefined && <Written job={tried.job} would />}
          {tried.job !== undefined && <GridFindings report={tried.job.report} />}
          {clean && (
            <div className="bar">
              <Input aria-label={t('grid.version.why')} placeholder={t('import.reason')} maxLength={200} value={reason} onChange={(event) => setReason(event.target.value)} style={{ maxWidth: 420 }} />
              <Button type="primary" loading={bring.isPending} disabled={reason.trim() === ''} onClick={() => bring.mutate()}>{t('import.write.do')}</Button>
            </div>
          )}
        </>
      )}
      {brought !== null && (
        <>
          <JobView
            key={brought.id}
            id={brought.id}
            onEnded={(job) => {
              setBrought({ id: brought.id, job })
              void client.invalidateQueries({ queryKey: ['grids'] })
            }}
          />
          {brought.job !== undefined && <Written job={brought.job} />}
          {brought.job?.state === 'done' && <Button type="primary" onClick={onDone}>{t('import.done')}</Button>}
        </>
      )}
    </Modal>
  )
}

function Written({ job, would = false }: { job: Job; would?: boolean }) {
  const { t } = useT()
  const found = writtenOf(job.report)
  if (found === null) return null
  return <Note tone="info" title={t(would ? 'import.would' : 'import.wrote', { ...found })} />
}
