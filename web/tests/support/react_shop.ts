// A shop written with React, for react.test.ts: what a page is made of that uses @obolus/react.

import { ObolusCard, ObolusProvider, useObolus } from '@obolus/react';
import type { ObolusCardProps } from '@obolus/react';
import type { Card, ObolusError } from '@obolus/client';
import { createElement, StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';

interface ShopProps {
  sessionKey: string;
  baseUrl: string;
  shown: boolean;
  card: ObolusCardProps;
}

declare global {
  interface Window {
    shop: { set(changes: Partial<ShopProps>): void; heard: string[]; card: Card | null };
  }
}

const heard: string[] = [];

function Pay() {
  const obolus = useObolus();
  const [result, setResult] = useState('');
  const pay = () =>
    void obolus?.submit().then(
      ({ status }) => setResult(status),
      (error: ObolusError) => setResult(error.code),
    );
  return createElement(
    'p',
    null,
    createElement('button', { onClick: pay, disabled: obolus === null }, 'Pay'),
    createElement('output', null, result),
  );
}

function Shop(first: ShopProps) {
  const [props, setProps] = useState(first);
  window.shop.set = (changes) => setProps((before) => ({ ...before, ...changes }));
  const { sessionKey, baseUrl, shown, card } = props;
  const hear = (what: string) => void heard.push(`${what} ${card.locale ?? ''}`.trim());
  return createElement(
    ObolusProvider,
    { sessionKey, baseUrl, onError: ({ code }: ObolusError) => hear(code) },
    shown &&
      createElement(ObolusCard, {
        ...card,
        ref: (made: Card | null) => {
          window.shop.card = made;
        },
        onReady: () => hear('ready'),
        onChange: ({ empty }) => hear(empty ? 'empty' : 'typed'),
        onComplete: () => hear('complete'),
      }),
    createElement(Pay),
  );
}

const { sessionKey = '', baseUrl = '' } = document.body.dataset;
window.shop = { set: () => undefined, heard, card: null };
createRoot(document.getElementById('root') as HTMLElement).render(
  createElement(
    StrictMode,
    null,
    createElement(Shop, { sessionKey, baseUrl, shown: true, card: { name: 'optional' } }),
  ),
);
