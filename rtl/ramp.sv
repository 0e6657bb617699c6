// The tile's end of its own router port.
//
// Receiving: a FIFO bank; consumers ask for the head of a color. At most one is granted a cycle, in the order
// control plane, core, map unit, MAC array, receiver, and never for an empty color. The granted one has its
// wavelet on data_o and last_o in that cycle; the credit for it is on credit_o in the next.
//
// Sending: producers hand over a wavelet with valid and ready, in the order control plane, core, map unit. Ready
// is given only with a credit for the color, and then the wavelet is on wavelet_o in the next cycle. A producer
// without a credit does not hold up the ones behind it.
//
// Core registers: RegReceive takes, RegSend and RegSendLast send; each holds reg_ready_o low until it can, for the
// core only. RegLastReceived is the last bit of the wavelet the core took last.

module ramp (
  input  logic        clk_i,
  input  logic        rst_ni,

  // Router port: wavelet_t in with credit_t back, wavelet_t out with credit_t back.
  input  logic [37:0] wavelet_i,
  output logic [4:0]  credit_o,
  output logic [37:0] wavelet_o,
  input  logic [4:0]  credit_i,

  output logic [15:0] nonempty_o,
  output logic [31:0] data_o,
  output logic        last_o,
  input  logic        control_take_i,           // of RequestColor
  output logic        control_take_gnt_o,
  input  logic        map_take_i,
  input  logic [3:0]  map_take_color_i,
  output logic        map_take_gnt_o,
  input  logic        mac_take_i,
  input  logic [3:0]  mac_take_color_i,
  output logic        mac_take_gnt_o,
  input  logic        receiver_take_i,
  input  logic [3:0]  receiver_take_color_i,
  output logic        receiver_take_gnt_o,

  input  logic        control_send_i,
  input  logic [3:0]  control_send_color_i,
  input  logic        control_send_last_i,
  input  logic [31:0] control_send_data_i,
  output logic        control_send_ready_o,
  input  logic        map_send_i,
  input  logic [3:0]  map_send_color_i,
  input  logic        map_send_last_i,
  input  logic [31:0] map_send_data_i,
  output logic        map_send_ready_o,
  output logic        request_credits_full_o,   // every credit of RequestColor is back

  input  logic        reg_re_i,
  input  logic        reg_we_i,
  input  logic        reg_blocking_i,           // the access is the core's
  input  logic [9:0]  reg_addr_i,
  input  logic [31:0] reg_wdata_i,
  output logic [31:0] reg_rdata_o,
  output logic        reg_ready_o,

  output logic        send_stalled_o,           // a producer has a wavelet and no credit for it
  output logic        busy_o
);

  localparam logic [3:0] RequestColor = 4'(tessera_pkg::RequestColor);

  // ---------------------------------------------------------------- core registers

  localparam logic [5:0] ReceiveBlock = 6'(tessera_pkg::RegReceive >> 6);  // 16 registers each
  localparam logic [5:0] SendBlock = 6'(tessera_pkg::RegSend >> 6);
  localparam logic [5:0] SendLastBlock = 6'(tessera_pkg::RegSendLast >> 6);
  localparam logic [9:0] LastReceivedAddress = 10'(tessera_pkg::RegLastReceived >> 2);

  logic [3:0] core_color;
  logic       core_take, core_take_gnt, core_send, core_send_last, core_send_gnt;
  logic       last_received_q;

  assign core_color = reg_addr_i[3:0];

  always_comb begin
    core_take = 1'b0;
    core_send = 1'b0;
    core_send_last = 1'b0;
    if (reg_blocking_i & (reg_re_i | reg_we_i)) begin
      core_take = reg_re_i & (reg_addr_i[9:4] == ReceiveBlock);
      core_send_last = reg_we_i & (reg_addr_i[9:4] == SendLastBlock);
      core_send = core_send_last | (reg_we_i & (reg_addr_i[9:4] == SendBlock));
    end
  end

  assign reg_ready_o = ~(core_take & ~core_take_gnt) & ~(core_send & ~core_send_gnt);
  assign reg_rdata_o = core_take_gnt ? data_o : {31'b0, last_received_q & (reg_addr_i == LastReceivedAddress)};

  // ---------------------------------------------------------------- receiving

  logic [3:0] head_color;
  logic       pop;
  logic [4:0] credit_q;
  logic [4:0] overflow;
  logic       unused_color;

  always_comb begin
    control_take_gnt_o = 1'b0;
    core_take_gnt = 1'b0;
    map_take_gnt_o = 1'b0;
    mac_take_gnt_o = 1'b0;
    receiver_take_gnt_o = 1'b0;
    head_color = '0;
    if (nonempty_o != '0) begin
      if (control_take_i & nonempty_o[RequestColor]) begin
        control_take_gnt_o = 1'b1;
        head_color = RequestColor;
      end else if (core_take & nonempty_o[core_color]) begin
        core_take_gnt = 1'b1;
        head_color = core_color;
      end else if (map_take_i & nonempty_o[map_take_color_i]) begin
        map_take_gnt_o = 1'b1;
        head_color = map_take_color_i;
      end else if (mac_take_i & nonempty_o[mac_take_color_i]) begin
        mac_take_gnt_o = 1'b1;
        head_color = mac_take_color_i;
      end else if (receiver_take_i & nonempty_o[receiver_take_color_i]) begin
        receiver_take_gnt_o = 1'b1;
        head_color = receiver_take_color_i;
      end
    end
  end

  assign pop = control_take_gnt_o | core_take_gnt | map_take_gnt_o | mac_take_gnt_o | receiver_take_gnt_o;

  fifo_bank u_fifo_bank (
    .clk_i, .rst_ni,
    .wavelet_i, .overflow_o(overflow), .nonempty_o,
    .head_color_i(head_color), .head_data_o(data_o), .head_last_o(last_o), .pop_i(pop)
  );

  assign unused_color = ^overflow[3:0];

  assign credit_o = credit_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      credit_q <= '0;
      last_received_q <= 1'b0;
    end else if (pop | credit_q[4]) begin
      credit_q[4] <= pop;
      if (pop) credit_q[3:0] <= head_color;
      if (core_take_gnt) last_received_q <= last_o;
    end
  end

  // ---------------------------------------------------------------- sending

  // Credits of color c: 4 * four_q[c] + 2 * two_q[c] + one_q[c].
  logic [15:0] four_q, two_q, one_q, has_credit;
  logic        control_send_gnt, map_send_gnt, send, send_last;
  logic [3:0]  send_color;
  logic [31:0] send_data;
  logic [37:0] wavelet_q;

  assign has_credit = four_q | two_q | one_q;
  assign request_credits_full_o = four_q[RequestColor];

  assign control_send_ready_o = has_credit[control_send_color_i];
  assign control_send_gnt = control_send_i & control_send_ready_o;
  assign core_send_gnt = core_send & has_credit[core_color] & ~control_send_gnt;
  assign map_send_ready_o = has_credit[map_send_color_i] & ~control_send_gnt & ~core_send_gnt;
  assign map_send_gnt = map_send_i & map_send_ready_o;
  assign send = control_send_gnt | core_send_gnt | map_send_gnt;
  assign send_stalled_o = (control_send_i & ~control_send_ready_o) | (core_send & ~has_credit[core_color]) |
                          (map_send_i & ~has_credit[map_send_color_i]);

  always_comb begin
    send_color = map_send_color_i;
    send_last = map_send_last_i;
    send_data = map_send_data_i;
    if (control_send_gnt) begin
      send_color = control_send_color_i;
      send_last = control_send_last_i;
      send_data = control_send_data_i;
    end else if (core_send_gnt) begin
      send_color = core_color;
      send_last = core_send_last;
      send_data = reg_wdata_i;
    end
  end

  assign wavelet_o = wavelet_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wavelet_q <= '0;
    end else if (send | wavelet_q[37]) begin
      wavelet_q[37] <= send;
      if (send) wavelet_q[36:0] <= {send_color, send_last, send_data};
    end
  end

  // One color may go up and another down in the same cycle; both on one color cancel.
  logic [15:0] returned, spent, up, down, carry, borrow;

  always_comb begin
    returned = '0;
    spent = '0;
    up = '0;
    down = '0;
    carry = '0;
    borrow = '0;
    if (credit_i[4] | send) begin
      returned = {15'b0, credit_i[4]} << credit_i[3:0];
      spent = {15'b0, send} << send_color;
      up = returned & ~spent;
      down = spent & ~returned;
      carry = up & one_q;
      borrow = down & ~one_q;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      four_q <= '1;
      two_q <= '0;
      one_q <= '0;
    end else if (credit_i[4] | send) begin
      one_q <= one_q ^ up ^ down;
      two_q <= two_q ^ carry ^ borrow;
      four_q <= four_q ^ (carry & two_q) ^ (borrow & ~two_q);
    end
  end

  assign busy_o = pop | credit_q[4] | send | wavelet_q[37] | wavelet_i[37] | credit_i[4];

`ifndef SYNTHESIS
  // A message on a color is of one producer, from its first word to its last: nothing in the hardware keeps the
  // core, the map unit and the control plane from mixing theirs, so programs must.
  logic [15:0] open_q, open_core_q, open_map_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      open_q <= '0;
      open_core_q <= '0;
      open_map_q <= '0;
    end else if (send) begin
      open_q[send_color] <= ~send_last;
      open_core_q[send_color] <= core_send_gnt;
      open_map_q[send_color] <= map_send_gnt;
      assert (~open_q[send_color] | ((open_core_q[send_color] == core_send_gnt) &
                                     (open_map_q[send_color] == map_send_gnt)));
    end
  end
  always_ff @(posedge clk_i) begin
    assert (~overflow[4]);  // the router sends to the ramp with credits only
    assert (~(credit_i[4] & four_q[credit_i[3:0]]));
  end
`else
  logic unused_overflow;
  assign unused_overflow = overflow[4];
`endif

endmodule
