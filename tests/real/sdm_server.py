"""A Modbus RTU server (pymodbus) with registers as Eastron's SDM630 has them.

sdm_server.py PORT UNIT '{"0": 230.5, "72": 1234.5}': input registers by address, each value a 32-bit float in two of them.
"""

import asyncio
import json
import struct
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartAsyncSerialServer
from pymodbus.transaction import ModbusRtuFramer

SERIAL_NUMBER = 0xFC00


async def serve(port, unit, values):
    inputs = [0] * 400
    for address, value in values.items():
        inputs[int(address) : int(address) + 2] = struct.unpack(">HH", struct.pack(">f", value))
    # Serial number 12345678 and the code of an SDM630.
    holdings = [*struct.unpack(">HH", struct.pack(">I", 12345678)), 0x70]
    meter = ModbusSlaveContext(
        ir=ModbusSequentialDataBlock(0, inputs),
        hr=ModbusSequentialDataBlock(SERIAL_NUMBER, holdings),
        zero_mode=True,
    )
    server = await StartAsyncSerialServer(
        context=ModbusServerContext(slaves={unit: meter}, single=False),
        framer=ModbusRtuFramer,
        port=port,
        baudrate=9600,
        ignore_missing_slaves=True,
        defer_start=True,
    )
    await server.start()
    if server.transport is None:
        sys.exit(f"{port} cannot be opened")
    print("serving", flush=True)
    await server.serve_forever()


asyncio.run(serve(sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])))
