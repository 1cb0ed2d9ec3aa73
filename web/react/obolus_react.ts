// @obolus/react: the card form as React components. A provider holds the session, <ObolusCard>
// shows its form, useObolus() submits it. Mounting twice in development (StrictMode) makes a form,
// takes it away and makes it again; changed props are updates, so that nothing typed is lost.

import { init, type Card, type CardEvents, type CardUpdate, type Obolus } from '@obolus/client';
import type { ObolusError } from '@obolus/client';
import {
  createContext,
  createElement,
  forwardRef,
  useContext,
  useEffect,
  useImperativeHandle,
  useRef,
  useState,
  type CSSProperties,
  type ForwardRefExoticComponent,
  type ReactElement,
  type ReactNode,
  type RefAttributes,
} from 'react';

export interface ObolusProviderProps {
  readonly sessionKey: string;
  /** Origin of the Obolus server. */
  readonly baseUrl: string;
  /** The session could not be started. */
  readonly onError?: (error: ObolusError) => void;
  readonly children?: ReactNode;
}

const kHandlers = {
  ready: 'onReady',
  change: 'onChange',
  complete: 'onComplete',
  focus: 'onFocus',
  blur: 'onBlur',
  enter: 'onEnter',
  escape: 'onEscape',
  networkschange: 'onNetworksChange',
  expiring: 'onExpiring',
  error: 'onError',
} as const satisfies Record<keyof CardEvents, string>;

type Handlers = {
  readonly [E in keyof CardEvents as (typeof kHandlers)[E]]?: (value: CardEvents[E]) => void;
};

export interface ObolusCardProps extends CardUpdate, Handlers {
  readonly id?: string;
  readonly className?: string;
  readonly style?: CSSProperties;
}

const Session = createContext<Obolus | null>(null);

/** What it was rendered with last, for listeners that are older. */
function useLatest<T>(value: T): { readonly current: T } {
  const latest = useRef(value);
  useEffect(() => {
    latest.current = value;
  });
  return latest;
}

export function ObolusProvider(props: ObolusProviderProps): ReactElement {
  const { sessionKey, baseUrl, children } = props;
  const [obolus, setObolus] = useState<Obolus | null>(null);
  const latest = useLatest(props);
  useEffect(() => {
    let wanted = true;
    init(sessionKey, { baseUrl }).then(
      (started) => {
        if (wanted) setObolus(started);
      },
      (error: ObolusError) => {
        if (wanted) latest.current.onError?.(error);
      },
    );
    return () => {
      wanted = false;
      setObolus(null);
    };
  }, [sessionKey, baseUrl, latest]);
  return createElement(Session.Provider, { value: obolus }, children);
}

/** The provider's session; null until it is there. */
export function useObolus(): Obolus | null {
  return useContext(Session);
}

export const ObolusCard: ForwardRefExoticComponent<ObolusCardProps & RefAttributes<Card | null>> =
  forwardRef<Card | null, ObolusCardProps>(function ObolusCard(props, ref) {
    const { id, className, style, locale, name, appearance } = props;
    const obolus = useObolus();
    const box = useRef<HTMLDivElement>(null);
    const [card, setCard] = useState<Card | null>(null);
    const latest = useLatest(props);
    // As text, because appearance is often a new object with the same content.
    const wishes = JSON.stringify({ appearance, locale, name });
    const first = useLatest(wishes);
    useEffect(() => {
      if (!obolus || !box.current) return;
      const made = obolus.card();
      made.update(asUpdate(first.current));
      for (const event of Object.keys(kHandlers) as (keyof CardEvents)[]) {
        made.on(event, (value) => {
          (latest.current[kHandlers[event]] as ((value: unknown) => void) | undefined)?.(value);
        });
      }
      made.mount(box.current);
      setCard(made);
      return () => {
        made.destroy();
        setCard(null);
      };
    }, [obolus, latest, first]);
    useEffect(() => card?.update(asUpdate(wishes)), [card, wishes]);
    useImperativeHandle<Card | null, Card | null>(ref, () => card, [card]);
    return createElement('div', { ref: box, id, className, style });
  });

/** A prop that is gone is a wish for the default. */
function asUpdate(wishes: string): CardUpdate {
  const gone = { appearance: {}, locale: undefined, name: undefined };
  return { ...gone, ...(JSON.parse(wishes) as CardUpdate) } as CardUpdate;
}
