/** Give a command to an incident: says what went wrong, and shows the new state at once. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { App } from 'antd'

import { errorSentence } from '../api/errors'
import { refreshIncident } from '../api/queries'
import { useT } from '../i18n'

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
