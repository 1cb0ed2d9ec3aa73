// The bodies that the routes take, and what an opened session answers, as JSON schemas: fastify
// compiles them, to check what comes in and to write what goes out.
const kUrl = { type: 'string', maxLength: 2048, pattern: '^https?://' };
export const kOpenBody = {
  type: 'object',
  properties: {
    type: { enum: ['payment'] },
    terminal_id: {
      type: 'string',
      pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
    },
    payment: {
      type: 'object',
      properties: {
        id: { type: 'string', maxLength: 255 },
        amount: { type: 'integer', minimum: 0 },
        currency_code: { type: 'string', pattern: '^[A-Z]{3}$' },
        order_id: { type: 'string', maxLength: 255 },
        customer_id: { type: 'string', maxLength: 255 },
      },
    },
    continuation: { type: 'object', properties: { success: kUrl, error: kUrl } },
    locale: { type: 'string', maxLength: 35 },
    expires_in: { type: 'integer', minimum: 60, maximum: 86400 },
  },
};
export const kCardBody = {
  type: 'object',
  required: ['action', 'result'],
  properties: {
    action: { enum: ['tokenize_card'] },
    result: {
      type: 'object',
      required: ['enc_payload'],
      properties: { enc_payload: { type: 'string', maxLength: 16384 } },
    },
  },
};
export const kOpened = {
  type: 'object',
  properties: {
    session_key: { type: 'string' },
    terminal_id: { type: 'string' },
    expires_at: { type: 'string' },
    expires_in: { type: 'integer' },
  },
};
