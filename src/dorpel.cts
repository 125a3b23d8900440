#!/usr/bin/env node
/**
 * Where the program begins: it makes room on Node's thread pool, and loads main.ts. A transfer on I2C or 1-Wire that the
 * kernel does not give back keeps a thread for as long as it hangs; so does the sending of a serial line. The pool's own
 * four would be gone with four such buses, and with them every file and every look-up of a name. CommonJS, because the
 * pool is made when the first file is read, and Node reads an ES module through the pool.
 */
// Four as ever, and one each for as many buses as a board may have: 16 serial lines and four others.
process.env['UV_THREADPOOL_SIZE'] ??= '24';

void import('./main.js');
