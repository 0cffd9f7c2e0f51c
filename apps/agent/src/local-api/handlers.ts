import type { AgentService } from './agent-service.ts';
import type { LocalAnswer, LocalInput, localRoutes } from './local-routes.ts';

type Routes = typeof localRoutes;
export type LocalHandlers = {
  readonly [K in keyof Routes]: (
    input: LocalInput<Routes[K]>,
  ) => LocalAnswer<Routes[K]> | Promise<LocalAnswer<Routes[K]>>;
};

export function createHandlers(service: AgentService): LocalHandlers {
  return {
    status: () => service.status(),
    limits: () => service.limits(),
    throttle: () => service.throttle(),
    changeThrottle: ({ body }) => service.changeThrottle(body),
    account: () => service.account(),
    doctor: () => service.doctor(),
    listTasks: ({ query }) => service.list(query),
    preview: ({ body, signal }) => service.preview(body, signal),
    createTask: ({ body }) => service.create(body),
    showTask: ({ params }) => service.show(params.taskId),
    pause: ({ params }) => service.pause(params.taskId),
    resume: ({ params }) => service.resume(params.taskId),
    sync: ({ params }) => service.syncNow(params.taskId),
    syncAndWait: ({ params, signal }) => service.syncAndWait(params.taskId, signal),
    adopt: ({ params }) => service.adopt(params.taskId),
    cancel: ({ params }) => service.cancel(params.taskId),
    configure: ({ params, body }) => service.configure(params.taskId, body),
    files: ({ params, query, signal }) => service.files(params.taskId, query, signal),
    holds: () => service.holds(),
    approveHold: ({ params }) => service.answerHold(params.holdId, 'approved'),
    restoreHold: ({ params }) => service.answerHold(params.holdId, 'restored'),
    wait: ({ signal }) => service.wait(signal),
    explain: ({ body }) => service.explain(body),
    shutdown: () => {
      service.shutdown();
      return {};
    },
  };
}
