/** Give a command: says what went wrong, and shows the new state at once. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { App } from 'antd'

import { errorSentence } from '../api/errors'
import { refreshIncident } from '../api/queries'
import { useT } from '../i18n'

/** To an incident. */
export function useCommand(id: string) {
  const { t } = useT()
  const { message } = App.useApp()
  const client = useQueryClient()
  return useMutation({
    mutationFn: (act: () => Promise<unknown>) => act(),
    onSuccess: () => refreshIncident(client, id),
    onError: (error) => {
      void message.error(errorSentence(error, t), 6)
      void refreshIncident(client, id)
    },
  })
}

/** To anything else: everything asked under these nouns is asked again. */
export function useAct(nouns: readonly string[], onDone?: () => void) {
  const { t } = useT()
  const { message } = App.useApp()
  const client = useQueryClient()
  const refresh = () => Promise.all(nouns.map((noun) => client.invalidateQueries({ queryKey: [noun] })))
  const command = useMutation({
    mutationFn: (act: () => Promise<unknown>) => act(),
    onSuccess: async () => {
      await refresh()
      onDone?.()
    },
    onError: (error) => {
      void message.error(errorSentence(error, t), 6)
      void refresh()
    },
  })
  return { busy: command.isPending, act: (what: () => Promise<unknown>) => command.mutate(what) }
}
